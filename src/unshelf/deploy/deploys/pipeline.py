"""The work of one deploy: prepare, register, start, release; or take everything back and say why."""

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.errors import Unavailable, UnshelfError
from unshelf.contracts.protocols.host import Prepared, Progress
from unshelf.contracts.references import Reference
from unshelf.deploy.bundles.service import holder_of_deploy
from unshelf.deploy.deploys.bundling import bundle_files
from unshelf.deploy.deploys.events import DeployEvent, End
from unshelf.deploy.deploys.journal import Journal
from unshelf.deploy.deploys.order import DeployDependencies, DeployOrder
from unshelf.deploy.deploys.schemas import DeployError, Step
from unshelf.deploy.deploys.subjects import DEPLOY
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.develop.environments.pylock import packages_of
from unshelf.foundation.clock import now
from unshelf.foundation.host_client import BEGUN_ANEW, HostRequestFailed, by_a_host
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.claims import Claim, ClaimLost

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 10.0
"""How long a host that was just restarted, or has not read the newest routing table, is asked again."""
_ASK_AGAIN_SECONDS = 0.1
_LOOK_SECONDS = 0.5
"""How often a running deploy looks whether somebody asked for its end."""
MOST_ATTEMPTS = 10
"""How often a deploy may be begun by controls that then died; it may be what killed them."""


_RESUMED_AT: dict[str, Step] = {"registered": "start", "released": "release"}


class Interrupted(Exception):
    """Every control that worked on the deploy died."""


class Cancelled(Exception):
    """The deploy was cancelled; the message is the label of the actor who did that."""


class DeployPipeline:
    """One deploy, under a claim. No transaction is open while the host works; each ends with the state it leaves stored.

    Each transaction that writes asks first whether the claim holds, and what it has done stands in the deploy's row: a control that
    takes over goes on from there, and nothing is done twice.

    The routing state is published once for the version, so that the host can start it, and once more where traffic or an alias moves
    to it: that must not be before it has started."""

    def __init__(self, order: DeployOrder, tools: DeployDependencies, journal: Journal, claim: Claim) -> None:
        self._order = order
        self._tools = tools
        self._journal = journal
        self._claim = claim
        first: Step = "lock" if order.bundle else "bundle"
        self._step: Step = _RESUMED_AT.get(order.reached or "", first) if order.reached != "undone" else order.step
        self._prepared: Prepared | None = None
        self._watched_at = 0.0

    def run(self, manifest: Manifest | None) -> None:
        """Do it, or what is left of it, to the end event. Raises only ClaimLost and what the database raises."""
        if self._claim.attempts > 1 and self._order.reached in (None, "registered"):
            self._journal.say(
                DeployEvent(step=self._step, state="info", detail="control was restarted; the deploy goes on")
            )
        undone = self._order.reached == "undone"
        if not undone:
            try:
                if self._claim.attempts > MOST_ATTEMPTS:
                    raise Interrupted
                self._go(manifest)
            except ClaimLost:
                raise
            except Exception as error:
                self._undo(self._describe(error))
                undone = True
        self._tools.publisher.publish()
        if undone or self._order.dry_run:  # who reads the end finds nothing left behind
            self._tools.bundles.collect()
        self._end()
        if not undone:  # a success need not wait for what others left
            self._tools.bundles.collect()

    def _go(self, manifest: Manifest | None) -> None:
        if self._order.reached in ("released", "checked"):
            return
        self._watch()
        version = self._order.version
        if version is None:
            if not self._order.bundle:
                self._order, manifest = by_a_host(
                    lambda: bundle_files(self._order, self._tools, self._claim, self._on_progress, self._watch),
                    begin_anew=self._begin_anew, watch=self._watch,
                )  # fmt: skip
            if manifest is None:
                raise RuntimeError("the bundle of a running deploy is gone")
            self._profile()
            self._tools.bundles.wait_for_environments()
            secrets = self._tools.secrets.values(self._order.name, self._order.project)
            self._tools.secrets.note_check(self._order.name, self._order.id, secrets)
            self._prepared = self._prepare(manifest, secrets)
            self._check_found(self._prepared, manifest)
            if self._order.dry_run:
                self._keep_findings(self._prepared, manifest)
                return
            version = self._register(self._prepared)
        else:
            self._tools.publisher.publish()
        self._start(version)
        self._release(version)

    def _prepare(self, manifest: Manifest, secrets: Mapping[str, str]) -> Prepared:
        order = self._order
        return by_a_host(
            lambda: self._tools.host.prepare(
                order.name, manifest, self._on_progress, actor=order.actor.label, secrets=secrets, watch=self._watch
            ),
            begin_anew=self._begin_anew, watch=self._watch,
        )  # fmt: skip

    def _begin_anew(self) -> None:
        self._journal.say(DeployEvent(step=self._step, state="info", detail=BEGUN_ANEW))

    def _check_found(self, prepared: Prepared, manifest: Manifest) -> None:
        """Hold what the bundle declares against the signature that was found."""
        self._step = "check"
        if prepared.checks.signature is not None:
            for each in self._tools.declared:
                each.check_found(manifest, prepared.checks.signature)

    def _profile(self) -> None:
        """Profile a baseline that is a file, first: one that can't be read costs nobody a build."""
        uses = self._tools.data_uses
        file = uses.unprofiled(self._order.id)
        if file is None:
            return
        with self._timed("profile") as timing:
            profile = uses.profile(file, self._watch)
            with self._tools.database.transaction() as session:
                self._claim.require(session)
                uses.keep_profile(session, self._order.id, profile)
            timing.detail = f"the baseline has {profile.rows:,} rows and {len(profile.columns):,} columns"

    def _undo(self, error: DeployError) -> None:
        """Undo what the deploy has done and store why it failed, in one transaction."""
        order, tools = self._order, self._tools
        with tools.database.transaction() as session:
            self._claim.require(session)
            row = session.get_one(DeployRow, order.id)
            if row.version is not None:
                tools.releases.take_out(session, order.name, row.version, order.actor)
                tools.registry.withdraw(session, order.name, row.version, order.actor)
            if self._prepared is not None:
                # Known and held by nobody, so that it is collected.
                self._remember_environment(session, self._prepared)
            row.reached, row.version, row.live, row.error = "undone", None, None, error.model_dump()
            tools.bundles.let_go(session, [holder_of_deploy(row.id)])
            tools.data_uses.settle(session, order.id, None)
            detail = {"deploy": order.id, "step": error.step, "code": error.code}
            tools.audit.record(session, order.actor, "deploy.failed", order.name, detail)
            self._journal.store(session, DeployEvent(step=self._step, state="failed", detail=error.detail))
        self._journal.wake()
        fields = {"deploy": order.id, "model": order.name, "step": error.step, "code": error.code}
        logger.info("deploy failed", extra=fields)

    def _end(self) -> None:
        """Store that the deploy is over, with its end event, and take it off the queue."""
        order = self._order
        with self._tools.database.transaction() as session:
            self._claim.require(session)
            row = session.get_one(DeployRow, order.id)
            row.ended_at = now()
            if row.reached == "undone":
                row.state = "failed"
                end = End(state="failed", error=row.error)
            elif row.found is not None:
                row.state = "done"
                end = End(state="done", found=row.found)
            else:
                row.state = "done"
                reference = str(Reference(order.name, version=row.version))
                end = End(state="done", version=row.version, live=row.live, reference=reference)
            self._tools.subjects.changed(session, DEPLOY, [row.id])
            self._journal.store(session, end)
            self._claim.finish(session)
        self._journal.wake()

    def _on_progress(self, progress: Progress) -> None:
        self._step = progress.step
        self._journal.say(
            DeployEvent(step=progress.step, state=progress.state, detail=progress.detail, seconds=progress.seconds)
        )

    def _keep_findings(self, prepared: Prepared, manifest: Manifest) -> None:
        """End a dry run: store what was found, and let go of what was made for it."""
        packages = len(packages_of(prepared.lock))
        with self._tools.database.transaction() as session:
            self._claim.require(session)
            row = session.get_one(DeployRow, self._order.id)
            _stop_if_cancelled(row)
            self._remember_environment(session, prepared)  # held by nobody, so that it is collected
            row.reached = "checked"
            row.found = {
                "environment": prepared.environment, "python": prepared.checks.python, "packages": packages,
                "checks": msgspec.to_builtins(prepared.checks), "batching": msgspec.structs.asdict(manifest.batching),
            }  # fmt: skip
            self._tools.bundles.let_go(session, [holder_of_deploy(row.id)])
            self._tools.data_uses.settle(session, row.id, None)
        logger.info("dry run done", extra={"deploy": self._order.id, "model": self._order.name})

    def _register(self, prepared: Prepared) -> int:
        """Give the bundle its number; returns it."""
        with self._timed("register") as timing:
            if prepared.checks.signature is None:
                raise RuntimeError("the check passed without finding the signature")
            version = self._add_version(prepared)
            self._tools.secrets.put_in_force([self._order.name])
            timing.detail = str(Reference(self._order.name, version=version))
        return version

    def _add_version(self, prepared: Prepared) -> int:
        order = self._order
        with self._tools.database.transaction() as session:
            self._claim.require(session)
            number = self._tools.registry.register(
                session, order.name, project=order.project, bundle=order.bundle, environment=prepared.environment, lock=prepared.lock,
                checks=prepared.checks, actor=order.actor, job=self._tools.files.job_of(session, order.id),
            )  # fmt: skip
            self._remember_environment(session, prepared)
            is_first = self._tools.registry.version_numbers(session, order.name) == [number]
            deploy = session.get_one(DeployRow, order.id)
            _stop_if_cancelled(deploy)
            deploy.version, deploy.reached = number, "registered"
            self._tools.data_uses.settle(session, order.id, number)
            deploy.live = is_first if order.release is None else order.release
            return number

    def _start(self, version: int) -> None:
        """Have a worker of the version before anyone is sent to it, so that the first caller does not wait."""
        with self._timed("start") as timing:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while True:
                try:
                    self._tools.host.wake(self._order.name, version, watch=self._watch)
                    return
                except HostRequestFailed as error:
                    if error.failed.code == "paused":
                        timing.detail = "the model is paused; a worker starts when it is resumed and called"
                        return
                    if error.failed.code != "not_found" or time.monotonic() > deadline:
                        raise
                except Unavailable:
                    if time.monotonic() > deadline:
                        raise
                time.sleep(_ASK_AGAIN_SECONDS)

    def _release(self, version: int) -> None:
        """Put the version where it was asked for, all in one transaction."""
        order, tools = self._order, self._tools
        self._begin("release")
        began = time.monotonic()
        reference = str(Reference(order.name, version=version))
        with tools.database.transaction() as session:
            self._claim.require(session)
            tools.registry.require_version(session, order.name, version)
            row = session.get_one(DeployRow, order.id)
            _stop_if_cancelled(row)
            if row.live:
                tools.releases.put_live(session, order.name, version, 100.0, order.actor)
            if order.alias is not None:
                tools.registry.point_alias(session, order.name, order.alias, version, order.actor)
            if order.limits is not None:
                tools.registry.limit(session, order.name, order.limits, order.actor)
            manifest = tools.bundles.find_manifest(session, order.bundle)
            if manifest is not None:
                for each in tools.declared:
                    each.apply(session, order.actor, order.name, manifest)
            row.reached = "released"
            tools.files.forget(session, order.id)
            tools.bundles.let_go(session, [holder_of_deploy(row.id)])
            what = f"{reference} is live" if row.live else f"{reference} answers at its own address"
            seconds = time.monotonic() - began
            self._journal.store(session, DeployEvent(step="release", state="done", detail=what, seconds=seconds))
        for each in tools.declared:
            each.applied()
        self._journal.wake()
        logger.info("deploy done", extra={"deploy": order.id, "model": order.name, "version": version})

    def _remember_environment(self, session: Session, prepared: Prepared) -> None:
        self._tools.environments.remember(
            session, prepared.environment, lock=prepared.lock, python=prepared.checks.python, bytes=prepared.bytes
        )

    @contextlib.contextmanager
    def _timed(self, step: Step) -> Iterator["_Timing"]:
        """A step of control's own: its events and its time."""
        self._begin(step)
        began, timing = time.monotonic(), _Timing()
        yield timing
        self._journal.say(DeployEvent(step=step, state="done", detail=timing.detail, seconds=time.monotonic() - began))

    def _begin(self, step: Step) -> None:
        self._step = step
        self._journal.say(DeployEvent(step=step, state="started"))

    def _watch(self) -> None:
        """Raise Cancelled once somebody asked for the deploy's end; asks the database now and then."""
        if time.monotonic() < self._watched_at + _LOOK_SECONDS:
            return
        self._watched_at = time.monotonic()
        with self._tools.database.read() as session:
            _stop_if_cancelled(session.get(DeployRow, self._order.id))

    def _describe(self, error: Exception) -> DeployError:
        """Describe what went wrong, for the person who deploys."""
        if isinstance(error, Cancelled):
            return DeployError(
                code="cancelled", step=self._step, detail=f"The deploy was cancelled by {error}.",
                hint="Nothing of it is left; deploy again if you want it after all.", log="",
            )  # fmt: skip
        if isinstance(error, Interrupted):
            return DeployError(
                code="interrupted", step=self._step, detail="Control was stopped each time it worked on this deploy.",
                hint="Deploy again. If it happens again, the log of control says what stopped it.", log="",
            )  # fmt: skip
        if isinstance(error, HostRequestFailed):
            failed = error.failed
            step = failed.step or self._step
            return DeployError(code=failed.code, step=step, detail=failed.detail, hint=failed.hint, log=failed.log)
        if isinstance(error, UnshelfError):
            return DeployError(code=error.code, step=self._step, detail=error.detail, hint=error.hint, log="")
        incident = new_id()
        logger.error("deploy met an unexpected error", exc_info=error, extra={"deploy": self._order.id, "id": incident})
        return DeployError(
            code="internal_error", step=self._step, detail="Something went wrong inside the platform.",
            hint=f"The log of control says what, under the id {incident}.", log="",
        )  # fmt: skip


def _stop_if_cancelled(row: DeployRow | None) -> None:
    if row is not None and row.cancelled_by is not None:
        raise Cancelled(row.cancelled_by)


@dataclass
class _Timing:
    detail: str = ""
