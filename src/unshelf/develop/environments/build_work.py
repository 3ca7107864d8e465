"""The work of one build: have the host lock and build, then register the version; or say why not."""

import logging
import time
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.orm import Session

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.protocols.environments import EnvironmentBuilt
from unshelf.contracts.protocols.host import Progress
from unshelf.contracts.references import Reference
from unshelf.develop.environments.build_events import BuildEnd, BuildEvent, BuildJournal
from unshelf.develop.environments.names import holder_of, subject_of, take_name
from unshelf.develop.environments.origins import EnvironmentOrder
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.environments.tables import EnvironmentBuildRow, NamedEnvironmentRow, NamedVersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.garbage import wait_while_deleting
from unshelf.foundation.host_client import BEGUN_ANEW, HostLink, HostRequestFailed, by_a_host
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.claims import Claim, ClaimLost
from unshelf.manage.quotas.service import QuotaService

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
"""How often a running build looks whether somebody asked for its end."""
MOST_ATTEMPTS = 5
"""How often a build may be begun by controls that then died; it may be what killed them."""
_Step = Literal["lock", "build", "register"]


class BuildCancelled(Exception):
    """The build was cancelled; the message is the label of the actor who did that."""


class BuildInterrupted(Exception):
    """Every control that worked on the build died."""


@dataclass(frozen=True, kw_only=True)
class BuildTools:
    """Services that a build works with."""

    database: Database
    events: EventStore
    environments: EnvironmentService
    host: HostLink
    quotas: QuotaService


@dataclass(frozen=True, kw_only=True)
class BuildOrder:
    """Request for a build."""

    id: str
    name: str
    project: str | None
    notes: str
    origin: EnvironmentOrder
    actor: Actor


class BuildWork:
    """One build, under a claim. No transaction is open while the host works; the version and the end are stored in one.

    A control that takes over begins again: the host finds what it built before."""

    def __init__(self, order: BuildOrder, tools: BuildTools, journal: BuildJournal, claim: Claim) -> None:
        self._order = order
        self._tools = tools
        self._journal = journal
        self._claim = claim
        self._step: _Step = "lock"
        self._watched_at = 0.0
        self._built: EnvironmentBuilt | None = None

    def run(self) -> None:
        """Do it, to the end event. Raises only ClaimLost and what the database raises."""
        try:
            if self._claim.attempts > MOST_ATTEMPTS:
                raise BuildInterrupted
            self._watch()
            wait_while_deleting(self._tools.database, "environment")
            request = self._order.origin.build
            built = by_a_host(
                lambda: self._tools.host.build_environment(request, self._on_progress, watch=self._watch),
                begin_anew=self._begin_anew, watch=self._watch,
            )  # fmt: skip
            self._step, self._built = "register", built
            self._register(built)
        except ClaimLost:
            raise
        except Exception as error:
            self._fail(self._describe(error))
        self._journal.wake()

    def _begin_anew(self) -> None:
        self._journal.say(BuildEvent(step=self._step, state="info", detail=BEGUN_ANEW))

    def _register(self, built: EnvironmentBuilt) -> None:
        """Give the environment its number, and end the build, in one transaction."""
        order, tools = self._order, self._tools
        began = time.monotonic()
        with (
            tools.database.transaction() as session,
            tools.quotas.within(session, project=order.project, makers=[order.actor.label]),
        ):
            self._claim.require(session)
            row = session.get_one(EnvironmentBuildRow, order.id)
            _stop_if_cancelled(row)
            tools.environments.remember(
                session, built.environment, lock=built.lock, python=built.python, bytes=built.bytes
            )
            named = take_name(session, order.name, order.project, order.actor.label)
            latest = session.get(NamedVersionRow, (named.name, named.last_version))
            if latest is not None and latest.environment == built.environment:
                said = f"{Reference(named.name, version=latest.number)} is this environment already"
            else:
                latest = self._add_version(session, named, built)
                said = str(Reference(named.name, version=latest.number))
            row.version, row.state, row.ended_at = latest.number, "done", now()
            reference = str(Reference(named.name, version=latest.number))
            self._journal.store(
                session,
                BuildEvent(step="register", state="done", detail=said, seconds=time.monotonic() - began),
                BuildEnd(state="done", reference=reference, environment=built.environment),
            )
            self._claim.finish(session)
        logger.info("environment built", extra={"build": order.id, "environment": reference})

    def _add_version(self, session: Session, named: NamedEnvironmentRow, built: EnvironmentBuilt) -> NamedVersionRow:
        order = self._order
        named.last_version += 1
        version = NamedVersionRow(
            name=named.name, number=named.last_version, environment=built.environment, origin=order.origin.shown,
            notes=order.notes, created_at=now(), created_by=order.actor.label,
        )  # fmt: skip
        session.add(version)
        self._tools.environments.hold(session, built.environment, holder_of(named.name, version.number))
        self._tools.events.record(
            session, order.actor, "environment.version_added", subject_of(named.name, named.project),
            after={"version": version.number, "environment": built.environment},
        )  # fmt: skip
        session.flush()
        return version

    def _fail(self, error: dict[str, Any]) -> None:
        order = self._order
        with self._tools.database.transaction() as session:
            self._claim.require(session)
            row = session.get_one(EnvironmentBuildRow, order.id)
            row.state, row.error, row.ended_at = "failed", error, now()
            if self._built is not None:  # known and held by nobody, so that it is collected
                built = self._built
                self._tools.environments.remember(
                    session, built.environment, lock=built.lock, python=built.python, bytes=built.bytes
                )
            detail = {"build": order.id, "step": error["step"], "code": error["code"]}
            subject = subject_of(order.name, order.project)
            self._tools.events.record(session, order.actor, "environment.build_failed", subject, after=detail)
            self._journal.store(
                session,
                BuildEvent(step=self._step, state="failed", detail=error["detail"]),
                BuildEnd(state="failed", error=error),
            )
            self._claim.finish(session)
        logger.info("environment build failed", extra=detail)

    def _on_progress(self, progress: Progress) -> None:
        self._step = "build" if progress.step == "build" else "lock"
        self._journal.say(
            BuildEvent(step=self._step, state=progress.state, detail=progress.detail, seconds=progress.seconds)
        )

    def _watch(self) -> None:
        """Raise BuildCancelled once somebody asked for the build's end; asks the database now and then."""
        if time.monotonic() < self._watched_at + _LOOK_SECONDS:
            return
        self._watched_at = time.monotonic()
        with self._tools.database.read() as session:
            _stop_if_cancelled(session.get(EnvironmentBuildRow, self._order.id))

    def _describe(self, error: Exception) -> dict[str, Any]:
        """Describe what went wrong, for the person who wants the environment."""
        fields = {"step": self._step, "hint": "", "log": ""}
        if isinstance(error, BuildCancelled):
            return {**fields, "code": "cancelled", "detail": f"The build was cancelled by {error}."}
        if isinstance(error, BuildInterrupted):
            detail = "Control was stopped each time it worked on this build."
            return {
                **fields,
                "code": "interrupted",
                "detail": detail,
                "hint": "The log of control says what stopped it.",
            }
        if isinstance(error, HostRequestFailed):
            failed = error.failed
            step = failed.step or self._step
            return {"code": failed.code, "step": step, "detail": failed.detail, "hint": failed.hint, "log": failed.log}
        if isinstance(error, UnshelfError):
            return {**fields, "code": error.code, "detail": error.detail, "hint": error.hint}
        incident = new_id()
        logger.error("build met an unexpected error", exc_info=error, extra={"build": self._order.id, "id": incident})
        return {
            **fields, "code": "internal_error", "detail": "Something went wrong inside the platform.",
            "hint": f"The log of control says what, under the id {incident}.",
        }  # fmt: skip


def _stop_if_cancelled(row: EnvironmentBuildRow | None) -> None:
    if row is not None and row.cancelled_by is not None:
        raise BuildCancelled(row.cancelled_by)
