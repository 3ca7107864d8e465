"""Triggers as services know them."""

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal

from unshelf.contracts.errors import InvalidInput

TriggerState = Literal["active", "paused"]
WaitsFor = Literal["event", "call"]

_OWN_ACTIONS = ("job.", "sweep.", "schedule.", "trigger.", "access.", "session.", "token.")
"""Actions that triggers themselves cause, or that happen at every turn: to wait for these would never end."""


@dataclass(frozen=True, kw_only=True)
class TriggerStart:
    """Something that made a trigger start something, and what became of it."""

    cause: str
    at: datetime
    because: str
    started: str | None
    error: str


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """Something that is started when something happens."""

    id: str
    name: str
    project: str
    kind: str
    target: str
    waits_for: WaitsFor
    action: str
    subject: str
    most_an_hour: int
    state: TriggerState
    paused_because: str
    last: TriggerStart | None
    created_at: datetime
    created_by: str
    runs_as: str


def check_wait(waits_for: WaitsFor, action: str, subject: str) -> None:
    """Raise InvalidInput for what a trigger can't wait for."""
    if waits_for == "call":
        if action or subject:
            raise InvalidInput(
                "A trigger that waits for calls waits for no event.", hint="Leave action and subject out."
            )
        return
    if not action or len(action) > 64 or "." not in action:
        raise InvalidInput(
            f"{action[:70]!a} is no action of an event.",
            hint="Such as data.added, alert.raised or release.changed; `unshelf activity` shows what happens.",
        )
    if action.startswith(_OWN_ACTIONS):
        raise InvalidInput(f"A trigger can't wait for {action!a}: what it starts would start it again.")
    if len(subject) > 200:
        raise InvalidInput("The pattern of a subject has 200 characters at most.")


def matches(subject: str, name: str) -> bool:
    """Whether a subject's name is one that a pattern stands for; an empty pattern stands for all."""
    return not subject or fnmatchcase(name, subject)
