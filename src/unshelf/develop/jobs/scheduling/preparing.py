"""The code, the data and the environments of jobs: fetched, read and built by a queue, so that no job waits for another one's build."""

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, Unavailable, UnshelfError
from unshelf.contracts.protocols.environments import BuildEnvironment
from unshelf.contracts.protocols.host import Progress
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.jobs.scheduling.settling import Settling, holder_of
from unshelf.develop.jobs.sources.fetching import CodeFetching, CodeUnusable, lacks_code
from unshelf.develop.jobs.sources.staging import DataStaging, lacks_data
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.garbage import wait_while_deleting
from unshelf.foundation.host_client import HostLink, HostRequestFailed
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, Postponed, QueueLoop

QUEUE = "job-environments"
_AT_ONCE = 8
_OF_ONE_ACTOR = 4
_AGAIN_SECONDS = 2.0
_REPORT = 300
_MOST_READS = 5
"""How often data are asked for whose place does not answer."""


class JobGone(Exception):
    """The job needs no environment any more."""


class DataUnreadable(UnshelfError):
    """The data of a connection can't be read."""


class EnvironmentPreparation:
    """Has code fetched and environments built for jobs that wait for them."""

    def __init__(
        self,
        database: Database,
        host: HostLink,
        environments: EnvironmentService,
        settling: Settling,
        loops: Loops,
        *,
        code: CodeFetching,
        data: DataStaging,
    ) -> None:
        self._database = database
        self._host = host
        self._environments = environments
        self._settling = settling
        self._loops = loops
        self._code = code
        self._data = data
        self._on_change: Callable[[Sequence[str]], None] = lambda _jobs: None
        environments.add_builder(self.is_building)
        loops.add(QueueLoop(name=QUEUE, act=self._work, workers=_AT_ONCE, of_one_actor=_OF_ONE_ACTOR))

    def on_change(self, act: Callable[[Sequence[str]], None]) -> None:
        """Have something done when jobs changed, after that is committed."""
        self._on_change = act

    def begin(self, session: Session, row: JobRow) -> None:
        """Have a job go on: it is queued where its code and its environment were there once, and waits for them where they were not, in
        the caller's transaction. Call `wake` once that is committed."""
        if row.environment is not None and not lacks_code(row) and not lacks_data(row):
            row.state, row.reason, row.queued_at = "queued", "", row.queued_at or now()
        else:
            self.rebuild(session, row)

    def rebuild(self, session: Session, row: JobRow) -> None:
        """Have a job wait until its code is fetched and its environment built, in the caller's transaction. Call `wake` once it is
        committed."""
        row.state, row.reason = "preparing", f"It waits for its {_lacking(row)}."
        self._loops.add_work(session, QUEUE, row.id, actor=row.created_by)

    def wake(self) -> None:
        """Look for work at once."""
        self._loops.wake(QUEUE)

    def is_building(self, session: Session) -> bool:
        """Whether a job waits for its environment, which nobody holds yet."""
        return session.scalar(select(JobRow.id).where(JobRow.state == "preparing").limit(1)) is not None

    def _work(self, claim: Claim) -> None:
        """Fetch the code of one job and build its environment, up to the end of the claim."""
        try:
            brought = self._code.fetch(claim, claim.key, self._watch(claim.key))
            brought |= self._bring_data(claim)
            wait_while_deleting(self._database, "environment")
            if brought and self._is_ready(claim):
                self._on_change([claim.key])
                return
            built = self._host.build_environment(
                self._request(claim.key),
                lambda progress: self._tell(claim, progress),
                watch=self._watch(claim.key),
            )
            with self._database.transaction() as session:
                claim.finish(session)
                row = _preparing(session, claim.key)
                self._environments.remember(
                    session, built.environment, lock=built.lock, python=built.python, bytes=built.bytes
                )
                if row.environment is None:
                    row.environment = built.environment
                    self._environments.hold(session, built.environment, holder_of(row.id))
                row.state, row.reason, row.queued_at = "queued", "", row.queued_at or now()
        except JobGone:
            with self._database.transaction() as session:
                claim.finish(session)
        except HostRequestFailed as error:
            if error.failed.code == "unavailable":
                raise Postponed(error.detail, seconds=error.failed.retry_after or _AGAIN_SECONDS) from None
            self._fail(claim, _said("Its code" if error.failed.step == "fetch" else "Its environment", error))
        except DataUnreadable as error:
            self._fail(claim, _said("Its data", error))
        except (Conflict, Forbidden, InvalidInput) as error:
            self._fail(claim, _said("Its code", error))
        except CodeUnusable as error:
            self._fail(claim, str(error))
        except Unavailable as error:
            raise Postponed(error.detail, seconds=_AGAIN_SECONDS) from None
        self._on_change([claim.key])

    def _bring_data(self, claim: Claim) -> bool:
        """Have data read that lie in connections. Returns whether there were any. Raises DataUnreadable."""
        try:
            return self._data.stage(claim, claim.key, self._watch(claim.key))
        except Unavailable as error:
            if claim.attempts < _MOST_READS:
                raise
            raise DataUnreadable(error.detail, hint=error.hint) from None
        except UnshelfError as error:
            raise DataUnreadable(error.detail, hint=error.hint) from None

    def _is_ready(self, claim: Claim) -> bool:
        """Queue a job that waited for its code alone. Returns whether it did."""
        with self._database.transaction() as session:
            claim.require(session)
            row = _preparing(session, claim.key)
            if row.environment is None:
                return False
            claim.finish(session)
            row.state, row.reason, row.queued_at = "queued", "", row.queued_at or now()
            return True

    def _fail(self, claim: Claim, reason: str) -> None:
        with self._database.transaction() as session:
            claim.finish(session)
            self._settling.end(session, _preparing(session, claim.key), "failed", reason)

    def _request(self, job: str) -> BuildEnvironment:
        with self._database.read() as session:
            row = _preparing(session, job)
            wanted = row.wanted_environment
            if row.environment is not None:
                lock, python = self._environments.stored(session, row.environment)
                return BuildEnvironment(
                    id=1, lock=lock, environment=row.environment, python=python, actor=row.created_by
                )
            return BuildEnvironment(
                id=1, requirements=list(wanted.get("requirements", [])), constraints=list(wanted.get("constraints", [])),
                python=wanted.get("python", ""), actor=row.created_by,
            )  # fmt: skip

    def _watch(self, job: str) -> Callable[[], None]:
        """Return what ends the work, by JobGone, for a job that waits no more."""

        def check() -> None:
            with self._database.read() as session:
                _preparing(session, job)

        return check

    def _tell(self, claim: Claim, progress: Progress) -> None:
        said = {"lock": "resolving packages", "build": "building"}.get(progress.step, progress.step)
        detail = f" ({progress.detail})" if progress.detail else ""
        with self._database.transaction() as session:
            claim.require(session)
            _preparing(session, claim.key).reason = f"Its environment: {said}{detail}."[:_REPORT]
        self._on_change([claim.key])


def _lacking(row: JobRow) -> str:
    return "code" if lacks_code(row) else "data" if lacks_data(row) else "environment"


def _said(what: str, error: UnshelfError) -> str:
    return " ".join(part for part in (f"{what}: {error.detail.rstrip('.')}.", error.hint) if part)


def _preparing(session: Session, job: str) -> JobRow:
    """Return a job that still waits for its environment. Raises JobGone."""
    row = session.get(JobRow, job)
    if row is None or row.state != "preparing":
        raise JobGone(job)
    return row
