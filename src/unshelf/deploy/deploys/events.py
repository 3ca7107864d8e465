"""Events of a deploy: made by one thread, followed live by any number of readers, each from the first on."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from unshelf.deploy.deploys.schemas import DeployStep, Step
from unshelf.foundation.web.steps import steps_by


class DeployEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A step began, said something or ended."""

    step: Step
    state: Literal["started", "info", "done", "failed"]
    detail: str = ""
    seconds: float | None = None


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The deploy is over: always the last event."""

    step: Literal["end"] = "end"
    state: Literal["done", "failed"]
    version: int | None = None
    live: bool | None = None
    reference: str | None = None
    error: dict[str, Any] | None = None
    found: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    """Findings of a dry run; other deploys have none."""


def encode_event(event: DeployEvent | End) -> str:
    """The event as a line of JSON, as readers get it."""
    return msgspec.json.encode(event).decode()


def steps_of(lines: Iterable[str]) -> list[DeployStep]:
    """How far each step has come, in the order in which they began."""
    return steps_by(lines, DeployStep)
