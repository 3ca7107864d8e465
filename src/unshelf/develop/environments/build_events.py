"""Events of a build: stored in order, so that a reader who comes back finds those already seen at their places."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.develop.environments.schemas import BuildStep
from unshelf.develop.environments.tables import EnvironmentBuildEventRow
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.web.steps import steps_by


class BuildEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A step began, said something or ended."""

    step: Literal["lock", "build", "register"]
    state: Literal["started", "info", "done", "failed"]
    detail: str = ""
    seconds: float | None = None


class BuildEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The build is over: always the last event."""

    step: Literal["end"] = "end"
    state: Literal["done", "failed"]
    reference: str | None = None
    environment: str | None = None
    error: dict[str, Any] | None = None


class BuildJournal:
    """Written by the one thread that holds the claim on the build."""

    def __init__(self, database: Database, claim: Claim, wake: Callable[[], None]) -> None:
        """`wake` has followers look for what was stored."""
        self._database = database
        self._claim = claim
        self.wake = wake

    def say(self, event: BuildEvent) -> None:
        """Store an event and show it."""
        with self._database.transaction() as session:
            self._claim.require(session)
            self.store(session, event)
        self.wake()

    def store(self, session: Session, *events: BuildEvent | BuildEnd) -> None:
        """Store events in the caller's transaction, together with the state they belong to. Once it is committed, `wake`."""
        count = select(func.count()).where(EnvironmentBuildEventRow.build == self._claim.key)
        first = session.scalar(count) or 0
        for position, event in enumerate(events, first):
            encoded = msgspec.json.encode(event).decode()
            session.add(EnvironmentBuildEventRow(build=self._claim.key, position=position, event=encoded))
        session.flush()


def stored_lines(session: Session, build: str, first: int = 0) -> list[str]:
    """Return the events of a build as JSON, in order, from a position on, as far as they are stored."""
    rows = select(EnvironmentBuildEventRow.event).where(
        EnvironmentBuildEventRow.build == build, EnvironmentBuildEventRow.position >= first
    )
    return list(session.scalars(rows.order_by(EnvironmentBuildEventRow.position)))


def steps_of(lines: Iterable[str]) -> list[BuildStep]:
    """Return how far each step has come, in the order in which they began."""
    return steps_by(lines, BuildStep)
