"""The work of benches: one bench at a time, in it one tier after the other, each measured by a job."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Forbidden, Unavailable, UnshelfError
from unshelf.contracts.machine import MachineFacts
from unshelf.contracts.protocols.data import ColumnProfile, DataLimits
from unshelf.contracts.tiers import Tier
from unshelf.deploy.benches.bench import ENDED, MOST_ROWS, BenchState, TierLine
from unshelf.deploy.benches.made_rows import rows_like
from unshelf.deploy.benches.orders import CHUNK, PLAN, job_order, plan_of
from unshelf.deploy.benches.results import line_of
from unshelf.deploy.benches.tables import BenchRow
from unshelf.deploy.registry.values import InspectedModel
from unshelf.deploy.scorings.messages import BlobPlace, ReadAnswer, ReadRows, RowSource, RowsRead
from unshelf.deploy.scorings.orders import CHUNKS, ScoringProgram
from unshelf.develop.datasets.processes import DataProcesses, Program
from unshelf.develop.jobs.job import ENDED as JOB_ENDED
from unshelf.develop.jobs.service import JobService
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.blob_holds import BlobHolds, hold, let_go
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, PeriodicLoop, Postponed, QueueLoop
from unshelf.foundation.subjects import Subjects
from unshelf.manage.egress.networks import VersionNetwork
from unshelf.manage.notifications.notification import PersonNow
from unshelf.manage.usage.usage import PriceList
from unshelf.runtime.blobs.port import Blobs, BlobSettings

QUEUE, FOLLOWING = "benches", "benches-followed"
BENCH = "bench"
_LIMITS = DataLimits(seconds=300.0, memory_bytes=1 << 30, threads=2, rows=1 << 40, output_bytes=1 << 40)
_BATCH_ROWS = 100
_LOOK_SECONDS = 0.25
_AGAIN_SECONDS = 2.0
_READER = "unshelf.deploy.scorings.read_process"
_OWN = "AWS_"


class BenchGone(Exception):
    """The bench was cancelled or deleted."""


@dataclass(frozen=True, kw_only=True)
class BenchWorkDependencies:
    """Whatever the work of benches stands on."""

    database: Database
    events: EventStore
    subjects: Subjects
    blobs: Blobs
    settings: BlobSettings
    holds: BlobHolds
    loops: Loops
    run: Path
    """The folder for scratch folders."""
    jobs: JobService
    inspect: Callable[[str], InspectedModel]
    machine: Callable[[], MachineFacts]
    networks_of: Callable[[str], Mapping[int, VersionNetwork]]
    secrets_of: Callable[[str, str | None], dict[str, str]]
    baseline_of: Callable[[str, int], list[ColumnProfile]]
    person_now: PersonNow
    prices: Callable[[], PriceList]
    tiers: Mapping[str, Tier] = field(default_factory=dict)


class BenchWork:
    """Takes benches from one tier to the next. Each step is done again where it was cut off, and begins nothing twice."""

    def __init__(self, parts: BenchWorkDependencies) -> None:
        self._parts = parts
        self._processes = DataProcesses(parts.run)
        self._program = ScoringProgram(parts.blobs)

    def loops(self) -> list[QueueLoop | PeriodicLoop]:
        """Describe the loops: steps that take a while, and the one that notices the end of jobs."""
        return [
            QueueLoop(name=QUEUE, act=self.work),
            PeriodicLoop(name=FOLLOWING, act=self.follow, every=_LOOK_SECONDS, after_changes=True),
        ]

    def follow(self) -> float | None:
        """Take the bench on whose job has ended, and begin the next one where none is measured."""
        parts = self._parts
        with parts.database.read() as session:
            active = session.scalars(select(BenchRow).where(BenchRow.state.not_in(ENDED)).order_by(BenchRow.id)).all()
        measured = [row for row in active if row.state == "measuring"]
        woken = False
        for row in measured:
            job = next((line.job for line in lines_of(row) if line.state == "measuring"), None)
            if job is None:
                continue
            found = parts.jobs.state_of(job)
            if found is None or found.state in JOB_ENDED:
                with parts.database.transaction() as session:
                    woken |= self._settle(session, row.id, job, found)
        if active and not measured:
            with parts.database.transaction() as session:
                woken |= self._begin(session, active[0].id)
        if woken:
            parts.loops.wake(QUEUE)
        return None

    def work(self, claim: Claim) -> None:
        """Have the next tier of a bench measured, or end it where there is none, up to the end of the claim."""
        try:
            row = self._row(claim.key)
            if row.source is not None and row.chunk is None:
                row = self._read(claim, row)
            line = next((line for line in lines_of(row) if line.state == "waiting"), None)
            while line is not None:
                job, line = self._submitted(row, line)
                if job is not None:
                    self._note(claim, row.id, line)
                    return
                row = self._keep(claim, row.id, line)
                line = next((line for line in lines_of(row) if line.state == "waiting"), None)
            with self._parts.database.transaction() as session:
                claim.finish(session)
                self._end_measured(session, row.id)
        except BenchGone:
            with self._parts.database.transaction() as session:
                claim.finish(session)
        except Unavailable as error:
            raise Postponed(error.detail, seconds=error.retry_after or _AGAIN_SECONDS) from None
        except UnshelfError as refused:
            with self._parts.database.transaction() as session:
                claim.finish(session)
                self._end(session, claim.key, "failed", _said(refused))

    def _begin(self, session: Session, id: str) -> bool:
        row = session.get(BenchRow, id)
        if row is None or row.state != "waiting":
            return False
        row.state, row.reason, row.started_at = "measuring", "", now()
        self._parts.subjects.changed(session, BENCH, [id])
        self._parts.loops.add_work(session, QUEUE, id, actor=row.created_by)
        return True

    def _settle(self, session: Session, id: str, job: str, found: JobRow | None) -> bool:
        """Keep what the job of a tier left, and have the next tier measured. Returns whether there is work."""
        row = session.get(BenchRow, id)
        if row is None or row.state != "measuring":
            return False
        line = next((line for line in lines_of(row) if line.job == job and line.state == "measuring"), None)
        if line is None:
            return False
        _write(row, line_of(line, found, self._parts.prices()))
        if found is not None and found.state == "succeeded":
            self._parts.jobs.release_reads(session, job, CHUNKS)
        if found is not None and found.state == "cancelled":  # who ends a job of it wants it to end
            self._end(session, id, "cancelled", found.reason)
            return False
        self._parts.subjects.changed(session, BENCH, [id])
        self._parts.loops.add_work(session, QUEUE, id, actor=row.created_by)
        return True

    def _read(self, claim: Claim, row: BenchRow) -> BenchRow:
        """Have the rows that were given as a blob that the program reads, held by the bench."""
        parts = self._parts
        found = self._version(row)
        assert found.version.checks.signature is not None  # noqa: S101 - a bench begins with one
        settings = parts.settings
        place = BlobPlace(
            setting=settings.setting, folder=str(settings.folder.absolute()), s3_endpoint=settings.s3_endpoint
        )
        own = () if settings.setting == "files" else (_OWN,)
        with self._processes.scratch() as scratch:
            order = ReadRows(
                source=msgspec.convert(row.source, RowSource), signature=found.version.checks.signature, params=None,
                chunk_rows=MOST_ROWS, most_chunks=1, most_rows=MOST_ROWS, batch_rows=_BATCH_ROWS, plan={}, blobs=place,
                scratch=str(scratch), limits=_LIMITS,
            )  # fmt: skip
            read: RowsRead = self._processes.ask_for(
                Program(module=_READER, environment=own), order, ReadAnswer, seconds=_LIMITS.seconds,
                watch=lambda: self._check(row.id),
            )  # fmt: skip
        chunk = next(file for file in read.files if file.path == CHUNK)
        with parts.holds.claim(None, {chunk.sha256: chunk.size}) as session:
            claim.require(session)
            hold(session, {chunk.sha256: chunk.size}, holder_of(row.id, "rows"))
            _present(session, row.id).chunk = msgspec.to_builtins(chunk)
        return self._row(row.id)

    def _submitted(self, row: BenchRow, line: TierLine) -> tuple[str | None, TierLine]:
        """Have the job of a tier run. What refuses it is the end of its line. Raises Unavailable."""
        parts = self._parts
        try:
            found, network = self._version(row), parts.networks_of(row.model)[row.version]
            signature = found.version.checks.signature
            profile = [] if row.chunk or found.version.manifest.example else parts.baseline_of(row.model, row.version)
            plan = plan_of(
                row, found, parts.tiers[line.tier], machine=parts.machine(), network=network,
                secrets=sorted(parts.secrets_of(row.model, None)),
                table=rows_like(signature, profile) if signature is not None and profile else None,
            )  # fmt: skip
            file = self._plan(plan)
            order = job_order(row, line.tier, found, program=self._program.files(), plan=file, network=network)
            (job,) = parts.jobs.submit(self._actor(row), order)
        except Unavailable:
            raise
        except UnshelfError as refused:
            return None, msgspec.structs.replace(line, state="failed", reason=_said(refused))
        return job, msgspec.structs.replace(line, state="measuring", job=job)

    def _plan(self, plan: dict[str, Any]) -> BundleFile:
        content = msgspec.json.encode(plan)
        digest = hashlib.sha256(content).hexdigest()
        self._parts.blobs.put(digest, [content], limit=len(content))
        return BundleFile(path=PLAN, sha256=digest, size=len(content))

    def _note(self, claim: Claim, id: str, line: TierLine) -> None:
        """Note the job of a tier, and end the claim; a bench that is gone meanwhile takes its job with it."""
        with self._parts.database.transaction() as session:
            claim.finish(session)
            row = session.get(BenchRow, id)
            gone = row is None or row.state != "measuring"
            if row is not None and not gone:
                _write(row, line)
                self._parts.subjects.changed(session, BENCH, [id])
            actor = None if row is None else self._parts.person_now(row.actor_id)
        if gone and actor is not None and line.job is not None:
            self._parts.jobs.cancel(actor, line.job)

    def _keep(self, claim: Claim, id: str, line: TierLine) -> BenchRow:
        """Keep the line of a tier that could not be begun."""
        with self._parts.database.transaction() as session:
            claim.require(session)
            _write(_present(session, id), line)
        return self._row(id)

    def _end_measured(self, session: Session, id: str) -> None:
        """End a bench all of whose tiers are done: well where one of them was measured."""
        row = session.get(BenchRow, id)
        lines = [] if row is None else lines_of(row)
        if any(line.state == "measured" for line in lines):
            self._end(session, id, "succeeded", "")
        else:
            first = next((line for line in lines if line.state == "failed"), lines[0] if lines else None)
            self._end(session, id, "failed", "" if first is None else f"{first.tier}: {first.reason}"[:2000])

    def _end(self, session: Session, id: str, state: BenchState, reason: str) -> None:
        """End a bench, unless it has ended, in the caller's transaction."""
        row = session.get(BenchRow, id)
        if row is None or row.state in ENDED:
            return
        end_row(session, row, state, reason)
        after = {line.tier: line.state for line in lines_of(row)}
        self._parts.events.record(session, SYSTEM, f"bench.{state}", subject_of(row), after=after, reason=reason[:500])
        self._parts.subjects.changed(session, BENCH, [id])

    def _row(self, id: str) -> BenchRow:
        with self._parts.database.read() as session:
            return _present(session, id)

    def _check(self, id: str) -> None:
        self._row(id)

    def _version(self, row: BenchRow) -> InspectedModel:
        return self._parts.inspect(f"{row.model}:{row.version}")

    def _actor(self, row: BenchRow) -> Actor:
        """Return who began a bench, with what they may do now. Raises Forbidden."""
        actor = self._parts.person_now(row.actor_id)
        if actor is None:
            raise Forbidden(f"{row.created_by!r} may do nothing here any more.")
        return actor


def holder_of(id: str, what: str) -> str:
    """Return the name under which a bench holds blobs."""
    return f"{BENCH}/{id}/{what}"


def subject_of(row: BenchRow) -> Subject:
    """Return the subject of events about a bench."""
    return Subject(kind=BENCH, name=row.id, project=row.project)


def lines_of(row: BenchRow) -> list[TierLine]:
    """Return the tiers of a bench, in the order in which they are measured."""
    return msgspec.convert(row.tiers, list[TierLine])


def end_row(session: Session, row: BenchRow, state: BenchState, reason: str) -> None:
    """Have a bench be over: tiers that were not measured are not any more, and its rows are let go."""
    row.state, row.reason, row.ended_at = state, reason, now()
    left: Sequence[TierLine] = lines_of(row)
    row.tiers = [
        cast(dict[str, Any], msgspec.to_builtins(
            msgspec.structs.replace(line, state="cancelled") if line.state in ("waiting", "measuring") else line
        ))
        for line in left
    ]  # fmt: skip
    let_go(session, holder_of(row.id, "data"))
    let_go(session, holder_of(row.id, "rows"))


def _write(row: BenchRow, line: TierLine) -> None:
    row.tiers = [msgspec.to_builtins(line) if each["tier"] == line.tier else each for each in row.tiers]


def _present(session: Session, id: str) -> BenchRow:
    """Return a bench that is measured. Raises BenchGone."""
    row = session.get(BenchRow, id)
    if row is None or row.state != "measuring":
        raise BenchGone(id)
    return row


def _said(error: UnshelfError) -> str:
    return " ".join(part for part in (error.detail, error.hint) if part)[:2000]
