"""The work of scorings: the data is read, the job is followed, the results are written; what was cut off goes on where it was."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Forbidden, InvalidInput, Unavailable, UnshelfError
from unshelf.contracts.protocols.data import DataLimits
from unshelf.contracts.references import parse_data_reference
from unshelf.contracts.signature import Signature
from unshelf.deploy.registry.values import InspectedModel
from unshelf.deploy.scorings.delivery import ResultDelivery
from unshelf.deploy.scorings.dependencies import WorkDependencies
from unshelf.deploy.scorings.messages import (
    BlobPlace,
    ReadAnswer,
    ReadRows,
    ResultsWritten,
    RowSource,
    RowsRead,
    ScoredRows,
    WriteAnswer,
    WriteResults,
)
from unshelf.deploy.scorings.orders import CHUNKS, ScoringProgram, job_order, plan_of
from unshelf.deploy.scorings.rows.records_written import publish_segments
from unshelf.deploy.scorings.rows.tables_read import put_file
from unshelf.deploy.scorings.scoring import ENDED, MOST_CHUNKS, ScoringState
from unshelf.deploy.scorings.tables import ScoringRow
from unshelf.develop.datasets.processes import DataProcesses, ProcessKilled, Program
from unshelf.develop.jobs.job import ENDED as JOB_ENDED
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.blob_holds import hold, let_go
from unshelf.foundation.clock import now
from unshelf.foundation.events.event import Subject
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import PeriodicLoop, Postponed, QueueLoop
from unshelf.manage.notifications.notification import NotificationKind
from unshelf.runtime.blobs.port import Blobs
from unshelf.runtime.durable import flush_folder
from unshelf.runtime.file_lock import held_folder
from unshelf.runtime.segment_names import latest_arrival_ns

QUEUE, FOLLOWING = "scorings", "scorings-followed"
SCORING = "scoring"
ENDED_KIND = NotificationKind(name="scoring.ended", description="A scoring of yours has ended.")
_SECONDS = 6 * 3600.0
_LIMITS = DataLimits(seconds=_SECONDS, memory_bytes=1 << 30, threads=2, rows=1 << 40, output_bytes=1 << 40)
_AT_ONCE, _OF_ONE_ACTOR = 2, 1
_LOOK_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 60.0
_MOST_TRIES = 60
"""An hour, about, until a scoring is given up because somebody else's server is away."""
_MOST_DEATHS = 5
"""The processes of a step that may be killed: one that takes too much memory is killed each time."""
_OWN = "AWS_"

logger = logging.getLogger(__name__)


class ScoringGone(Exception):
    """The scoring was cancelled or deleted."""


class ScoringWork:
    """Takes scorings from one step to the next. Each step is done again where it was cut off, and has its effect once."""

    def __init__(self, parts: WorkDependencies) -> None:
        parts.notifications.register(ENDED_KIND)
        self._parts = parts
        self._processes = DataProcesses(parts.run)
        self._program = ScoringProgram(parts.blobs)
        self._delivery = ResultDelivery(parts.data, parts.datasets, parts.blobs, parts.uploads, run=parts.run)
        self._place = BlobPlace(
            setting=parts.settings.setting,
            folder=str(parts.settings.folder.absolute()),
            s3_endpoint=parts.settings.s3_endpoint,
        )

    def loops(self) -> list[QueueLoop | PeriodicLoop]:
        """Describe the loops: steps that take a while, and the one that notices the end of jobs."""
        return [
            QueueLoop(name=QUEUE, act=self.work, workers=_AT_ONCE, of_one_actor=_OF_ONE_ACTOR),
            PeriodicLoop(name=FOLLOWING, act=self.follow, every=_LOOK_SECONDS, after_changes=True),
        ]

    def work(self, claim: Claim) -> None:
        """Do the next step of one scoring, up to the end of the claim."""
        try:
            row = self._row(claim.key)
            if row.state == "reading":
                if row.out and row.chunks is None:
                    self._delivery.check(self._actor(row), row, lambda: self._check(row.id))
                self._submit(claim, row if row.chunks is not None else self._read(claim, row))
            elif row.state == "writing":
                self._deliver(claim, row if row.results is not None else self._write(claim, row))
            else:
                raise ScoringGone
        except ScoringGone:
            with self._parts.database.transaction() as session:
                claim.finish(session)
            shutil.rmtree(self._staging(claim.key), ignore_errors=True)
            self._discard(claim.key)
        except (Unavailable, ProcessKilled) as error:
            self._try_again(claim, error)
        except UnshelfError as refused:
            self._give_up(claim, refused)

    def _try_again(self, claim: Claim, error: UnshelfError) -> None:
        """Have the step done again later, or end the scoring where that was tried often enough. Raises Postponed."""
        if claim.attempts >= (_MOST_DEATHS if isinstance(error, ProcessKilled) else _MOST_TRIES):
            self._give_up(claim, error)
            return
        with self._parts.database.transaction() as session:
            claim.require(session)
            row = session.get(ScoringRow, claim.key)
            if row is not None and row.state not in ENDED:
                row.reason = _said(error)
                self._parts.subjects.changed(session, SCORING, [row.id])
        pause = min(_LONGEST_PAUSE_SECONDS, 2.0 ** min(claim.attempts, 10))
        raise Postponed(error.detail, seconds=getattr(error, "retry_after", None) or pause) from None

    def _give_up(self, claim: Claim, error: UnshelfError) -> None:
        with self._parts.database.transaction() as session:
            claim.finish(session)
            self._end(session, claim.key, "failed", _said(error))
        self._discard(claim.key)

    def _discard(self, id: str) -> None:
        """Leave nothing of a write to a connection that is given up, as far as its server lets us."""
        with self._parts.database.read() as session:
            row = session.get(ScoringRow, id)
        if row is None or not row.out or row.results is None:
            return
        try:
            self._delivery.discard(self._actor(row), row)
        except UnshelfError as error:
            logger.warning("parts of results are left", extra={"scoring": id, "out": row.out, "reason": error.detail})

    def follow(self) -> float | None:
        """Take scorings on whose jobs have ended."""
        parts = self._parts
        query = select(ScoringRow.id, ScoringRow.job).where(ScoringRow.state == "scoring")
        with parts.database.read() as session:
            running = [(str(id), str(job)) for id, job in session.execute(query)]
        for id, job in running:
            found = parts.jobs.state_of(job)
            if found is None or found.state in JOB_ENDED:
                with parts.database.transaction() as session:
                    self._settle(session, id, found)
        if running:
            parts.loops.wake(QUEUE)
        return None

    def _settle(self, session: Session, id: str, job: JobRow | None) -> None:
        row = session.get(ScoringRow, id)
        if row is None or row.state != "scoring":
            return
        row.started_at = None if job is None else job.started_at
        if job is not None and job.state == "succeeded":
            row.state, row.reason = "writing", ""
            self._parts.loops.add_work(session, QUEUE, id, actor=row.created_by)
            return
        failure = str((job.results or {}).get("failure", "")) if job is not None else ""
        reason = failure or (job.reason if job is not None else "Its job is gone.")
        hint = str((job.results or {}).get("hint", "")) if job is not None and failure else ""
        state: ScoringState = "cancelled" if job is not None and job.state == "cancelled" else "failed"
        self._end(session, id, state, f"{reason} {hint}".strip()[:2000])

    # --- reading ---

    def _read(self, claim: Claim, row: ScoringRow) -> ScoringRow:
        """Have the data as chunks, held by the scoring."""
        parts = self._parts
        if row.source is None:
            row = self._read_connection(claim, row)
        found, signature = self._version(row)
        source = msgspec.convert(row.source, RowSource)
        with self._processes.scratch() as scratch:
            order = ReadRows(
                source=source, signature=signature, params=row.options["params"], chunk_rows=row.options["chunk"],
                most_chunks=MOST_CHUNKS, batch_rows=row.options["batch"], blobs=self._place, scratch=str(scratch), limits=_LIMITS,
                plan=plan_of(row, found, parts.tiers[row.options["tier"]], sorted(parts.secrets_of(row.model, None))),
            )  # fmt: skip
            read: RowsRead = self._processes.ask_for(
                self._of("read_process"), order, ReadAnswer, seconds=_SECONDS, watch=lambda: self._check(row.id)
            )
        with parts.holds.claim(None, _sizes(read.files)) as session:
            claim.require(session)
            kept = _present(session, row.id)
            if row.options["keep"] is not None and (missing := set(row.options["keep"]) - set(read.columns)):
                raise InvalidInput(
                    f"The data has no column {min(missing)[:80]!r} to keep.",
                    hint=f"Its columns: {', '.join(read.columns)[:1000]}.",
                )
            hold(session, _sizes(read.files), holder_of(row.id, "chunks"))
            counts = _counts(parts.blobs, read.files)
            kept.chunks = {"rows": counts, "files": [msgspec.to_builtins(file) for file in read.files]}
            kept.source = {**(kept.source or {}), "texts": read.texts}
            kept.rows, kept.unused = read.rows, read.unused
        return self._row(row.id)

    def _read_connection(self, claim: Claim, row: ScoringRow) -> ScoringRow:
        """Have the rows of a connection as a blob: what is scored stays what was read."""
        found = self._parts.data.rows(self._actor(row), parse_data_reference(row.data), rows=None)
        with held_folder(self._parts.run, "rows") as folder:
            copy = folder / "rows.arrow"
            with copy.open("wb") as writing:
                writing.writelines(found.chunks())
            file = put_file(self._parts.blobs, copy, "rows.arrow")
        with self._parts.holds.claim(None, _sizes([file])) as session:
            claim.require(session)
            kept = _present(session, row.id)
            hold(session, _sizes([file]), holder_of(row.id, "data"))
            kept.source = {
                "files": [msgspec.to_builtins(file)],
                "format": "arrow",
                "texts": [],
                "label": row.data[:200],
            }
        return self._row(row.id)

    def _submit(self, claim: Claim, row: ScoringRow) -> None:
        """Have the job run. The key makes a second try begin nothing new."""
        found, _ = self._version(row)
        network = self._parts.networks_of(row.model)[row.version]
        (job,) = self._parts.jobs.submit(self._actor(row), job_order(row, found, self._program.files(), network))
        with self._parts.database.transaction() as session:
            claim.finish(session)
            kept = session.get(ScoringRow, row.id)
            gone = kept is None or kept.state != "reading"
            if kept is not None and not gone:
                kept.job, kept.state, kept.reason = job, "scoring", ""
                let_go(session, holder_of(row.id, "chunks"))  # the job holds them from now on
                self._parts.subjects.changed(session, SCORING, [row.id])
        if gone:
            self._parts.jobs.cancel(self._actor(row), job)

    # --- writing ---

    def _write(self, claim: Claim, row: ScoringRow) -> ScoringRow:
        """Have results as blobs, held by the scoring, and its records staged."""
        parts = self._parts
        assert row.job is not None and row.chunks is not None  # noqa: S101 - it was scored
        found, signature = self._version(row)
        scored = ScoredRows(
            model=row.model, version=row.version, reference=row.reference, actor=row.created_by, params=row.options["params"],
            recording=found.version.manifest.recording, purpose=row.options.get("recorded_as", "batch"),
        )  # fmt: skip
        with self._processes.scratch() as scratch:
            order = WriteResults(
                source=msgspec.convert(row.source, RowSource), signature=signature, answers=parts.jobs.left_by(row.job),
                chunks=msgspec.convert(row.chunks["files"], list[BundleFile]), chunk_rows=row.chunks["rows"],
                keep=row.options["keep"], format=row.options["format"], scored=scored, staging=str(self._staging(row.id).absolute()),
                latest_ns=latest_arrival_ns(parts.predictions), blobs=self._place, scratch=str(scratch), limits=_LIMITS,
            )  # fmt: skip
            made: ResultsWritten = self._processes.ask_for(
                self._of("write_process"), order, WriteAnswer, seconds=_SECONDS, watch=lambda: self._check(row.id)
            )
        files = [made.predictions, *([made.failures] if made.failures is not None else [])]
        with parts.holds.claim(None, _sizes(files)) as session:
            claim.require(session)
            kept = _present(session, row.id)
            hold(session, _sizes(files), holder_of(row.id, "results"))
            kept.scored, kept.failed = made.scored, made.failed
            kept.results = {
                "files": [msgspec.to_builtins(file) for file in files], "failures": made.first_failures,
                "columns": made.columns, "preview": made.preview, "segments": made.segments,
            }  # fmt: skip
        return self._row(row.id)

    def _deliver(self, claim: Claim, row: ScoringRow) -> None:
        """Publish the records, bring the results where they are wanted, and end."""
        parts = self._parts
        assert row.results is not None and row.job is not None  # noqa: S101 - they were written
        staging = self._staging(row.id)
        publish_segments(staging, parts.predictions, row.results["segments"])
        flush_folder(parts.predictions)
        written = ""
        if row.out:
            written = self._delivery.deliver(self._actor(row), row, lambda: self._check(row.id))
        with parts.database.transaction() as session:
            claim.finish(session)
            kept = _present(session, row.id)
            kept.written = written
            parts.jobs.release_reads(session, row.job, CHUNKS)
            self._end(session, row.id, "succeeded", "")
        shutil.rmtree(staging, ignore_errors=True)

    # --- ends ---

    def _end(self, session: Session, id: str, state: ScoringState, reason: str) -> None:
        """End a scoring, unless it has ended, in the caller's transaction."""
        row = session.get(ScoringRow, id)
        if row is None or row.state in ENDED:
            return
        row.state, row.reason, row.ended_at = state, reason, now()
        let_go(session, holder_of(id, "chunks"))
        if row.data:  # uploaded files are kept, so that it can be scored again
            let_go(session, holder_of(id, "data"))
        parts, subject = self._parts, subject_of(row)
        after = {"rows": row.rows, "scored": row.scored, "failed": row.failed, "written": row.written}
        parts.events.record(session, SYSTEM, f"scoring.{state}", subject, after=after, reason=reason[:500])
        parts.subjects.changed(session, SCORING, [id])
        if state != "cancelled":
            failed = f", {row.failed} failed" if row.failed else ""
            body = reason or f"{row.scored} rows were scored{failed}."
            parts.notifications.notify(
                session, [row.actor_id], subject, kind=ENDED_KIND.name, title=f"Scoring {row.name}: {state}", body=body,
                link=f"/scorings/{id}",
            )  # fmt: skip

    # --- parts ---

    def _row(self, id: str) -> ScoringRow:
        with self._parts.database.read() as session:
            row = session.get(ScoringRow, id)
        if row is None or row.state in ENDED:
            raise ScoringGone
        return row

    def _check(self, id: str) -> None:
        self._row(id)

    def _version(self, row: ScoringRow) -> tuple[InspectedModel, Signature]:
        found = self._parts.inspect(f"{row.model}:{row.version}")
        signature = found.version.checks.signature
        assert signature is not None  # noqa: S101 - a scoring begins with one
        return found, signature

    def _actor(self, row: ScoringRow) -> Actor:
        """Return who began a scoring, with what they may do now. Raises Forbidden."""
        actor = self._parts.person_now(row.actor_id)
        if actor is None:
            raise Forbidden(f"{row.created_by!r} may do nothing here any more.")
        return actor

    def _staging(self, id: str) -> Path:
        return self._parts.predictions / "staging" / "scorings" / id

    def _of(self, module: str) -> Program:
        own = () if self._parts.settings.setting == "files" else (_OWN,)
        return Program(module=f"unshelf.deploy.scorings.{module}", environment=own)


def holder_of(id: str, what: str) -> str:
    """Return the name under which a scoring holds blobs."""
    return f"{SCORING}/{id}/{what}"


def subject_of(row: ScoringRow) -> Subject:
    """Return the subject of events about a scoring."""
    return Subject(kind=SCORING, name=row.id, project=row.project)


def _present(session: Session, id: str) -> ScoringRow:
    """Return a scoring that goes on. Raises ScoringGone."""
    row = session.get(ScoringRow, id)
    if row is None or row.state in ENDED:
        raise ScoringGone
    return row


def _sizes(files: list[BundleFile]) -> dict[str, int]:
    return {file.sha256: file.size for file in files}


def _counts(blobs: Blobs, files: list[BundleFile]) -> list[int]:
    """Return the rows of each chunk, as the plan has them."""
    (plan,) = (file for file in files if file.path == "plan.json")
    counts: list[int] = msgspec.json.decode(blobs.read(plan.sha256))["rows"]
    return counts


def _said(error: UnshelfError) -> str:
    return " ".join(part for part in (error.detail, error.hint) if part)[:2000]


__all__: Sequence[str] = ("ScoringWork", "WorkDependencies")
