"""Outputs of jobs that become data: once a program has succeeded, files that it left are a new version of a dataset, and the job ends."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Forbidden, InvalidInput, Unavailable, UnshelfError
from unshelf.develop.datasets.service import DatasetService
from unshelf.develop.jobs.tables import JobAttemptRow, JobRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, Postponed, QueueLoop
from unshelf.manage.notifications.notification import PersonNow

QUEUE = "job-outputs"
MOST_OUTPUTS = 20
_AT_ONCE = 4
_OF_ONE_ACTOR = 2
_AGAIN_SECONDS = 5.0


class JobOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Files of a job that become a version of a dataset."""

    name: str
    """The dataset's name."""
    path: str
    """A file in the outputs folder, or a folder there."""
    version: int | None = None
    """The version that they became; None: not yet."""


End = Callable[[Session, JobRow, Literal["succeeded", "failed", "cancelled"], str], None]
"""Ends a job in a state, for a reason."""


class OutputPublishing:
    """Makes data of outputs, with the rights that who submitted the job has then."""

    def __init__(self, database: Database, datasets: DatasetService, loops: Loops, *, person_now: PersonNow) -> None:
        self._database = database
        self._datasets = datasets
        self._loops = loops
        self._person_now = person_now
        self._end: End = lambda _session, _row, _state, _reason: None
        self._on_change: Callable[[Sequence[str]], None] = lambda _jobs: None
        loops.add(QueueLoop(name=QUEUE, act=self._work, workers=_AT_ONCE, of_one_actor=_OF_ONE_ACTOR))

    def on_end(self, end: End) -> None:
        """Have jobs ended by this."""
        self._end = end

    def on_change(self, act: Callable[[Sequence[str]], None]) -> None:
        """Have something done when jobs changed, after that is committed."""
        self._on_change = act

    def check(self, actor: Actor, project: str, outputs: Sequence[JobOutput]) -> None:
        """Raise InvalidInput for what can be no output, and what `DatasetService.check` raises for data that the actor may not add."""
        if len(outputs) > MOST_OUTPUTS:
            raise InvalidInput(f"A job makes at most {MOST_OUTPUTS} datasets.")
        if len({each.name for each in outputs}) < len(outputs):
            raise InvalidInput("Two outputs would be versions of the same dataset.", hint="Give one another name.")
        for each in outputs:
            parts = each.path.strip("/").split("/")
            if any(part in ("", ".", "..") for part in parts) and each.path != ".":
                raise InvalidInput(
                    f"{each.path[:80]!a} is no path in the outputs folder.", hint="Write NAME=FILE, or NAME=. for all."
                )
            self._datasets.check(actor, each.name, project)

    def begin(self, session: Session, row: JobRow) -> None:
        """Have the outputs of a job that succeeded become data, in the caller's transaction. Call `wake` once it is committed."""
        row.reason = "Its outputs become data."
        self._loops.add_work(session, QUEUE, row.id, actor=row.created_by)

    def wake(self) -> None:
        """Look for work at once."""
        self._loops.wake(QUEUE)

    def _work(self, claim: Claim) -> None:
        failure = ""
        try:
            while (found := self._next(claim)) is not None:
                self._publish(claim, *found)
        except Unavailable as error:
            raise Postponed(error.detail, seconds=error.retry_after or _AGAIN_SECONDS) from None
        except UnshelfError as error:
            failure = " ".join(part for part in (error.detail.rstrip(".") + ".", error.hint) if part)
        with self._database.transaction() as session:
            claim.finish(session)
            row = session.get(JobRow, claim.key)
            if row is not None and row.state == "running":
                self._finish(session, row, failure)
        self._on_change([claim.key])

    def _finish(self, session: Session, row: JobRow, failure: str) -> None:
        if row.cancelled_by is not None:
            self._end(
                session, row, "cancelled", f"It was cancelled by {row.cancelled_by}, after its program had ended."
            )
        elif failure:
            self._end(session, row, "failed", f"Its program succeeded, but not all of its outputs are data: {failure}")
        else:
            self._end(session, row, "succeeded", "")

    def _next(self, claim: Claim) -> tuple[JobRow, JobOutput, list[BundleFile]] | None:
        """Return the next output that is no data yet, with the files that it is; None: there is none."""
        with self._database.read() as session:
            row = session.get(JobRow, claim.key)
            if row is None or row.state != "running" or row.cancelled_by is not None:
                return None
            waiting = [each for each in outputs_of(row) if each.version is None]
            if not waiting:
                return None
            kept = session.get_one(JobAttemptRow, (row.id, row.attempts))
            return row, waiting[0], _below(waiting[0], msgspec.convert(kept.files, list[BundleFile]))

    def _publish(self, claim: Claim, row: JobRow, output: JobOutput, files: list[BundleFile]) -> None:
        actor = self._person_now(row.actor_id)
        if actor is None:
            raise Forbidden(f"{row.created_by} may add no data here any more.")
        version, _ = self._datasets.add(actor, output.name, files, project=row.project, description=None, job=row.id)
        with self._database.transaction() as session:
            claim.require(session)
            stored = session.get_one(JobRow, row.id)
            stored.outputs = [
                {**each, "version": version.number} if each["name"] == output.name else each
                for each in stored.outputs or ()
            ]


def outputs_of(row: JobRow) -> list[JobOutput]:
    """Return the outputs of a job that become data, or did."""
    return msgspec.convert(row.outputs or [], list[JobOutput])


def _below(output: JobOutput, files: Sequence[BundleFile]) -> list[BundleFile]:
    """Return the files of an output, by their paths in it. Raises InvalidInput when the program left none."""
    path = output.path.strip("/")
    for file in files:
        if file.path == path:
            return [BundleFile(path=path.rpartition("/")[2], sha256=file.sha256, size=file.size)]
    begin = "" if path == "." else f"{path}/"
    found = [
        BundleFile(path=file.path.removeprefix(begin), sha256=file.sha256, size=file.size)
        for file in files
        if file.path.startswith(begin) and file.path != "results.json"
    ]
    if not found:
        raise InvalidInput(
            f"The program left nothing at {output.path!r} in its outputs folder, which {output.name} should be made of.",
            hint="Write it below UNSHELF_OUTPUTS.",
        )
    return found


def described(outputs: Sequence[JobOutput]) -> list[dict[str, Any]] | None:
    """Return outputs as they are stored, none of them data yet; None: there are none."""
    return None if not outputs else [{"name": each.name, "path": each.path, "version": None} for each in outputs]
