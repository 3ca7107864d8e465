"""A goal, how far it is, and what is missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor

Direction = Literal["at_least", "at_most"]
Missing = Literal["owner", "target", "tie", "value", "reached", "overdue"]
"""Something that a goal lacks: an owner; a metric with its target; anything tied to it; a value; a value as good as the target; time."""


@dataclass(frozen=True, kw_only=True)
class GoalValue:
    """A value of a goal's metric, and where it comes from."""

    value: float
    source: str
    """A sentence for people."""
    at: datetime


@dataclass(frozen=True, kw_only=True)
class GoalTie:
    """Something that works towards a goal."""

    kind: str
    name: str
    tied_at: datetime
    tied_by: str


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A goal with its state."""

    id: str
    project: str
    title: str
    description: str
    owner: str | None
    """The name of the user who answers for it."""
    due: date | None
    metric: str
    direction: Direction
    target: float | None
    worth: str
    created_at: datetime
    created_by: str
    closed_at: datetime | None
    ties: list[GoalTie]
    latest: GoalValue | None
    missing: list[Missing]


FindTie = Callable[[Session, Actor, str], str]
"""Return the canonical name of something that the actor may see and tie. Raises NotFound."""
SeesTie = Callable[[Session, Actor, str], bool]
"""Whether the actor may see something that is tied, by its canonical name; it may be gone since."""


class ValueSource(Protocol):
    """Facts of a wing that are values of a metric."""

    def __call__(self, session: Session, metric: str, ties: Mapping[str, Sequence[str]]) -> list[GoalValue]:
        """Return values of the metric, of what is tied: kind → names."""


def is_reached(value: float, direction: Direction, target: float) -> bool:
    """Whether a value is as good as the target."""
    return value >= target if direction == "at_least" else value <= target


def missing_of(
    *, owner: str | None, due: date | None, metric: str, direction: Direction, target: float | None, ties: int,
    latest: GoalValue | None, today: date,
) -> list[Missing]:  # fmt: skip
    """Say what is missing until a goal is reached; empty: nothing."""
    found: list[Missing] = []
    if owner is None:
        found.append("owner")
    if not metric or target is None:
        found.append("target")
    if not ties:
        found.append("tie")
    if latest is None:
        found.append("value")
    reached = latest is not None and target is not None and is_reached(latest.value, direction, target)
    if latest is not None and target is not None and not reached:
        found.append("reached")
    if due is not None and due < today and not reached:
        found.append("overdue")
    return found
