"""The work of one deploy: prepare, register, start, release; or take everything back and say why."""

import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.hosting import Prepared, Progress
from unshelf.contracts.references import Reference
from unshelf.deploy.bundles.service import BundleService, holder_of_deploy
from unshelf.deploy.deploys.events import End, Event
from unshelf.deploy.deploys.journal import Journal
from unshelf.deploy.deploys.schemas import DeployError, Step
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.deploy.registry.service import RegistryService, lookup
from unshelf.deploy.releases.service import ReleaseService
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.clock import now
from unshelf.foundation.database import Database
from unshelf.foundation.errors import HostFailure, Unavailable, UnshelfError
from unshelf.foundation.hostlink import HostLink
from unshelf.foundation.ids import new_id
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit.service import AuditService
from unshelf.manage.limits import Limits

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 10.0
"""How long a host that was just restarted, or has not read the newest routing table, is asked again."""
_ASK_AGAIN_SECONDS = 0.1
_ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a deploy works with."""

    database: Database
    publisher: Publisher
    audit: AuditService
    environments: EnvironmentService
    bundles: BundleService
    registry: RegistryService
    releases: ReleaseService
    host: HostLink


@dataclass(frozen=True, kw_only=True)
class Order:
    """What was asked for."""

    id: str
    name: str
    bundle: str
    release: bool | None
    alias: str | None
    actor: str
    limits: Limits | None = None


class DeployProcess:
    """One deploy. No transaction is open while the host works; each ends with the state it leaves stored."""

    def __init__(self, order: Order, tools: Tools, journal: Journal, *, step: Step = "lock") -> None:
        self._order = order
        self._tools = tools
        self._journal = journal
        self._step = step
        self._prepared: Prepared | None = None

    def run(self, manifest: Manifest) -> None:
        """Do it, to the end event, whatever comes."""
        try:
            prepared = self._prepared = self._tools.host.prepare(self._order.name, manifest, self._on_progress)
            version, first = self._register(prepared)
            self._start(version)
            live = first if self._order.release is None else self._order.release
            events = self._finish(version, live=live)
        except Exception as error:
            events = self._take_back(self._told(error))
        # The outcome is stored. Whatever goes wrong from here on, readers who come back find it.
        self._tools.publisher.publish()
        if events[-1].state == "failed":  # who reads the end finds nothing left behind
            self._tools.bundles.tidy()
            self._journal.show(*events)
        else:  # a success need not wait for what others left
            self._journal.show(*events)
            self._tools.bundles.tidy()

    def interrupt(self) -> None:
        """End a deploy whose control died while it worked on it. What it leaves to be tidied is left to housekeeping."""
        self._take_back(
            DeployError(
                code="interrupted", step=self._step, detail="control was stopped while it worked on this deploy",
                hint="deploy again", log="",
            )
        )  # fmt: skip

    def _take_back(self, error: DeployError) -> tuple[Event, End]:
        """Undo what the deploy has done and store that it failed, in one transaction; gives the events to show."""
        order, tools = self._order, self._tools
        events = (
            Event(step=self._step, state="failed", detail=error.detail),
            End(state="failed", error=error.model_dump()),
        )
        with tools.database.transaction() as session:
            row = session.get_one(DeployRow, order.id)
            if row.version is not None:
                tools.releases.take_out(session, order.name, row.version, order.actor)
                tools.registry.withdraw(session, order.name, row.version, order.actor)
            if self._prepared is not None:
                # Known and held by nobody, so that tidying has the host delete it.
                self._remember_environment(session, self._prepared)
            row.state, row.version, row.live, row.error = "failed", None, None, error.model_dump()
            self._close(session, row)
            detail = {"deploy": order.id, "step": error.step, "code": error.code}
            tools.audit.record(session, order.actor, "deploy.failed", order.name, detail)
            self._journal.store(session, *events)
        fields = {"deploy": order.id, "model": order.name, "step": error.step, "code": error.code}
        logger.info("deploy failed", extra=fields)
        return events

    def _on_progress(self, progress: Progress) -> None:
        self._step = progress.step
        self._journal.say(
            Event(step=progress.step, state=progress.state, detail=progress.detail, seconds=progress.seconds)
        )

    def _register(self, prepared: Prepared) -> tuple[int, bool]:
        """Give the bundle its number; returns it and whether it is the model's only version."""
        with self._timed("register") as timing:
            if prepared.checks.signature is None:
                raise RuntimeError("the check passed without finding the signature")
            for attempt in range(_ATTEMPTS):
                try:
                    version, first = self._add_version(prepared)
                    break
                except IntegrityError:  # another deploy to the model was given the number
                    if attempt == _ATTEMPTS - 1:
                        raise
            self._tools.publisher.publish()
            timing.detail = str(Reference(self._order.name, version=version))
        return version, first

    def _add_version(self, prepared: Prepared) -> tuple[int, bool]:
        order = self._order
        with self._tools.database.transaction() as session:
            row = self._tools.registry.register(
                session, order.name, bundle=order.bundle, environment=prepared.environment, lock=prepared.lock,
                checks=prepared.checks, actor=order.actor,
            )  # fmt: skip
            session.get_one(DeployRow, order.id).version = row.number
            return row.number, lookup.version_numbers(session, order.name) == [row.number]

    def _start(self, version: int) -> None:
        """Have a worker of the version before anyone is sent to it, so that the first caller does not wait."""
        with self._timed("start") as timing:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while True:
                try:
                    self._tools.host.wake(self._order.name, version)
                    return
                except HostFailure as error:
                    if error.failed.code == "paused":
                        timing.detail = "the model is paused; a worker starts when it is resumed and called"
                        return
                    if error.failed.code != "not_found" or time.monotonic() > deadline:
                        raise
                except Unavailable:
                    if time.monotonic() > deadline:
                        raise
                time.sleep(_ASK_AGAIN_SECONDS)

    def _finish(self, version: int, *, live: bool) -> tuple[Event, End]:
        """Release, alias and the deploy's own end, in one transaction; gives the events to show."""
        order, tools = self._order, self._tools
        self._begin("release")
        began = time.monotonic()
        reference = str(Reference(order.name, version=version))
        with tools.database.transaction() as session:
            lookup.find_version(session, order.name, version)
            if live:
                tools.releases.put_live(session, order.name, version, 100.0, order.actor)
            if order.alias is not None:
                tools.registry.point_alias(session, order.name, order.alias, version, order.actor)
            if order.limits is not None:
                tools.registry.limit(session, order.name, order.limits, order.actor)
            row = session.get_one(DeployRow, order.id)
            row.state, row.live = "done", live
            self._close(session, row)
            what = f"{reference} is live" if live else f"{reference} answers at its own address"
            events = (
                Event(step="release", state="done", detail=what, seconds=time.monotonic() - began),
                End(state="done", version=version, live=live, reference=reference),
            )
            self._journal.store(session, *events)
        logger.info("deploy done", extra={"deploy": order.id, "model": order.name, "version": version, "live": live})
        return events

    def _close(self, session: Session, row: DeployRow) -> None:
        row.ended_at = now()
        self._tools.bundles.let_go(session, [holder_of_deploy(row.id)])

    def _remember_environment(self, session: Session, prepared: Prepared) -> None:
        self._tools.environments.remember(
            session, prepared.environment, lock=prepared.lock, python=prepared.checks.python
        )

    @contextlib.contextmanager
    def _timed(self, step: Step) -> Iterator["_Timing"]:
        """A step of control's own: its events and its time."""
        self._begin(step)
        began, timing = time.monotonic(), _Timing()
        yield timing
        self._journal.say(Event(step=step, state="done", detail=timing.detail, seconds=time.monotonic() - began))

    def _begin(self, step: Step) -> None:
        self._step = step
        self._journal.say(Event(step=step, state="started"))

    def _told(self, error: Exception) -> DeployError:
        """What went wrong, for the one who deploys."""
        if isinstance(error, HostFailure):
            failed = error.failed
            step = failed.step or self._step
            return DeployError(code=failed.code, step=step, detail=failed.detail, hint=failed.hint, log=failed.log)
        if isinstance(error, UnshelfError):
            return DeployError(code=error.code, step=self._step, detail=error.detail, hint=error.hint, log="")
        incident = new_id()
        logger.error("deploy met an unexpected error", exc_info=error, extra={"deploy": self._order.id, "id": incident})
        return DeployError(
            code="internal_error", step=self._step, detail="something went wrong inside the platform",
            hint=f"the log of control says what, under the id {incident}", log="",
        )  # fmt: skip


@dataclass
class _Timing:
    detail: str = ""
