"""The door to jobs: submit, list, show, follow, cancel, try again, copy with changes, and read what each left."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Conflict, NotFound, Unavailable
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.jobs import AttemptUsage, CodeRefs
from unshelf.develop.jobs.following import JobFollowers, JobReading
from unshelf.develop.jobs.job import ACTIVE, ENDED, JobOrder, JobState
from unshelf.develop.jobs.launcher import JobLauncher, OutputPart
from unshelf.develop.jobs.scheduling.preparing import EnvironmentPreparation
from unshelf.develop.jobs.scheduling.scheduler import JobScheduler
from unshelf.develop.jobs.scheduling.settling import JOB, Settling, subject_of
from unshelf.develop.jobs.sources.fetching import CodeFetching, source_of
from unshelf.develop.jobs.sources.git import GitSource
from unshelf.develop.jobs.submission import Submission, order_from
from unshelf.develop.jobs.tables import JobAttemptRow, JobDependencyRow, JobRow
from unshelf.develop.jobs.trees import drop_tree
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.foundation.uses.job_mentions import JobMention, JobMentions
from unshelf.manage.tiers.tier import TierQueue
from unshelf.runtime.blobs.port import Blobs


@dataclass(frozen=True, kw_only=True)
class ShownJob:
    """A job with its attempts and what surrounds it."""

    row: JobRow
    attempts: list[JobAttemptRow]
    after: list[str]
    """The jobs that it comes after."""
    before: list[str]
    """The jobs that come after it."""
    copies: list[str]
    """The jobs that were made from it."""
    usage: AttemptUsage | None
    """The last measurement; None: it does not run, or was not measured."""
    series: list[AttemptUsage]
    """The measurements of the attempt that runs, as far as they were heard."""
    git: GitSource | None
    """The repository with its code; None: it was uploaded."""
    used_by: list[JobMention]
    """Everything else that names it, as far as the actor may see it."""
    position: int | None
    """How many of all jobs that wait for a place were there before it; None: it does not wait for one."""


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Which jobs a list has."""

    project: str | None = None
    states: Sequence[JobState] = ()
    tier: str | None = None
    array: str | None = None
    by: str | None = None
    """The label of who submitted them."""


class JobService:
    """Keeps jobs. A job is its project's: who may read jobs there sees it, to all others it does not exist."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        launcher: JobLauncher,
        *,
        events: EventStore,
        subjects: Subjects,
        submission: Submission,
        scheduler: JobScheduler,
        settling: Settling,
        preparation: EnvironmentPreparation,
        code: CodeFetching,
        references: JobMentions,
    ) -> None:
        self._code = code
        self._references = references
        self._database = database
        self._blobs = blobs
        self._launcher = launcher
        self._events = events
        self._subjects = subjects
        self._submission = submission
        self._scheduler = scheduler
        self._settling = settling
        self._preparation = preparation
        self._heard: dict[tuple[str, int], tuple[int, bytes]] = {}
        """Job and attempt that run → how much of its output was read, and the end of that."""
        self._followers = JobFollowers(self._read, self._output)
        scheduler.on_change(self._followers.wake)

    def submit(self, actor: Actor, order: JobOrder) -> list[str]:
        """Take an order, and return the ids of its jobs. Raises as `Submission.submit`."""
        ids = self._submission.submit(actor, order)
        self._scheduler.wake()
        return ids

    def git_refs(self, actor: Actor, project: str, source: GitSource) -> CodeRefs:
        """Return the branches and tags of a repository. Raises as `CodeFetching.refs`."""
        return self._code.refs(actor, project, source)

    def list_for(self, actor: Actor, wanted: JobFilter, *, limit: int, cursor: str | None = None) -> Page[JobRow]:
        """List the jobs that the actor may see, the newest first."""
        query = _filtered(select(JobRow), wanted).where(in_visible_project(JobRow.project, actor, Permission.JOBS_READ))
        with self._database.read() as session:
            return read_page(session, query, [SortKey(JobRow.id, descending=True)], limit=limit, cursor=cursor)

    def show(self, actor: Actor, job: str) -> ShownJob:
        """Return a job. Raises NotFound."""
        with self._database.read() as session:
            row = _visible(session, actor, job)
            attempts = list(
                session.scalars(select(JobAttemptRow).where(JobAttemptRow.job == job).order_by(JobAttemptRow.number))
            )
            after = session.scalars(select(JobDependencyRow.after).where(JobDependencyRow.job == job))
            before = session.scalars(select(JobDependencyRow.job).where(JobDependencyRow.after == job))
            copies = session.scalars(select(JobRow.id).where(JobRow.parent == job).order_by(JobRow.id))
            return ShownJob(
                row=row, attempts=attempts, after=sorted(after), before=sorted(before), copies=list(copies),
                usage=self._scheduler.usage(job, row.attempts), position=_position(session, row), git=source_of(row),
                series=self._scheduler.series(job, row.attempts), used_by=self._references.of(session, actor, [job]),
            )  # fmt: skip

    def cancel(self, actor: Actor, job: str) -> None:
        """End a job: one that waits at once, one that runs some seconds later. A second call changes nothing. Raises Conflict when it
        is over."""
        with self._database.transaction() as session:
            row = _visible(session, actor, job, Permission.JOBS_RUN)
            if row.cancelled_by is not None:
                return
            if row.state in ENDED:
                raise Conflict(f"The job is over: it has {row.state.replace('_', ' ')}.")
            row.cancelled_by = actor.label
            self._events.record(session, actor, "job.cancelled_by", subject_of(row))
            if row.state not in ACTIVE:
                self._settling.end(session, row, "cancelled", f"It was cancelled by {actor.label}.")
        self._followers.wake([job])
        self._scheduler.wake()

    def cancel_all(self, session: Session, user_id: str, why: str) -> None:
        """Cancel what somebody submitted who leaves, in the transaction of their end: nothing runs with rights that nobody has."""
        mine = select(JobRow).where(
            JobRow.actor_id == user_id, JobRow.state.not_in(ENDED), JobRow.cancelled_by.is_(None)
        )
        for row in session.scalars(mine.order_by(JobRow.id.desc())).all():
            row.cancelled_by = why
            if row.state not in (*ACTIVE, *ENDED):
                self._settling.end(session, row, "cancelled", f"It was cancelled by {why}.")

    def retry(self, actor: Actor, job: str) -> None:
        """Have a job that did not succeed tried once more, from its checkpoint, which is kept for a week. Raises Conflict."""
        with self._database.transaction() as session:
            row = _visible(session, actor, job, Permission.JOBS_RUN)
            if row.state not in ("failed", "timed_out", "cancelled"):
                raise Conflict(
                    f"The job is {row.state.replace('_', ' ')}: only one that failed or was cancelled is tried again.",
                    hint=f"`unshelf jobs clone {job}` runs it as a new job.",
                )
            row.cancelled_by = row.ended_at = None
            row.retries = max(row.retries, row.attempts)
            self._submission.take_environment(session, actor, row)
            self._preparation.begin(session, row)
            self._events.record(session, actor, "job.retried", subject_of(row))
            self._subjects.changed(session, JOB, [job])
        self._preparation.wake()
        self._followers.wake([job])
        self._scheduler.wake()

    def clone(self, actor: Actor, job: str, change: Callable[[JobOrder], JobOrder]) -> list[str]:
        """Submit a changed copy of a job, which has it as its parent; returns the ids. Raises as `show` and `submit`."""
        with self._database.read() as session:
            order = order_from(session, _visible(session, actor, job))
        return self.submit(actor, replace(change(order), parent=job))

    def follow(self, actor: Actor, job: str, *, output: bool = True) -> AsyncIterator[str]:
        """Yield what happens to a job as lines of JSON: its states, what it prints, and its end. Raises NotFound."""
        with self._database.read() as session:
            _visible(session, actor, job)
        return self._followers.follow(job, output=output)

    def output(self, actor: Actor, job: str, number: int | None, offset: int) -> OutputPart:
        """Return what an attempt printed, the last one unless a number is given, from a byte on. Raises NotFound."""
        with self._database.read() as session:
            row = _visible(session, actor, job)
            number = row.attempts if number is None else number
        if not number:
            return OutputPart(data=b"", is_over=False)
        return self._output(job, number, offset, 0.0)

    def file(self, actor: Actor, job: str, path: str, number: int | None = None) -> tuple[BundleFile, Iterator[bytes]]:
        """Return a file that an attempt left, the last one unless a number is given, and its content. Raises NotFound."""
        with self._database.read() as session:
            row = _visible(session, actor, job)
            kept = session.get(JobAttemptRow, (job, row.attempts if number is None else number))
        files = [] if kept is None else msgspec.convert(kept.files, list[BundleFile])
        for file in files:
            if file.path == path:
                return file, self._blobs.chunks(file.sha256)
        raise NotFound(f"The job left no file {path[:80]!r}.", hint=f"`unshelf jobs files {job}` lists them.")

    def state_of(self, job: str) -> JobRow | None:
        """Return a job, for capabilities that have it run; None: there is none."""
        with self._database.read() as session:
            return session.get(JobRow, job)

    def left_by(self, job: str) -> list[BundleFile]:
        """Return the files that the last attempt of a job left, for capabilities that have it run."""
        with self._database.read() as session:
            row = session.get_one(JobRow, job)
            kept = session.get(JobAttemptRow, (job, row.attempts))
        return [] if kept is None else msgspec.convert(kept.files, list[BundleFile])

    def last_words(self, job: str, *, most: int = 64 << 10) -> str:
        """Return the end of what a job printed so far, as far as it is at hand, for capabilities that have it run."""
        with self._database.read() as session:
            row = session.get(JobRow, job)
            number = 0 if row is None else row.attempts
        if not number:
            return ""
        offset, text = self._heard.get((job, number), (0, b""))
        while (part := self._output(job, number, offset, 0.0)).data:
            offset, text = offset + len(part.data), (text + part.data)[-most:]
        if part.is_over:
            self._heard.pop((job, number), None)
        else:
            self._heard[job, number] = offset, text
        return text.decode(errors="replace")

    def release_reads(self, session: Session, job: str, variable: str) -> None:
        """Let go of files of the platform's own that a job which succeeded has read, in the caller's transaction."""
        for each in session.get_one(JobRow, job).inputs:
            if each["variable"] == variable and each.get("dataset") is None:
                drop_tree(session, each["tree"])

    def queues(self) -> dict[str, TierQueue]:
        """Return how many jobs of each tier could start now, and how many wait; tiers that nothing waits for too."""
        with self._database.read() as session:
            query = select(JobRow.tier, func.count()).where(JobRow.state == "queued").group_by(JobRow.tier)
            waiting = {tier: count for tier, count in session.execute(query)}  # noqa: C416 - a row is no pair to the type checker
            room = self._scheduler.room(session)
        names = {*waiting, *self._scheduler.tiers}
        return {
            name: TierQueue(free=None if room is None else room.count(name), waiting=waiting.get(name, 0))
            for name in names
        }

    def _read(self, job: str) -> JobReading | None:
        with self._database.read() as session:
            row = session.get(JobRow, job)
            if row is None:
                return None
            return JobReading(
                state=row.state, reason=row.reason, attempts=row.attempts, is_over=row.state in ENDED,
                position=_position(session, row), results=row.results,
            )  # fmt: skip

    def _output(self, job: str, number: int, offset: int, wait_seconds: float) -> OutputPart:
        """Read what an attempt printed: from the store once it is there, else from what runs it."""
        with self._database.read() as session:
            kept = session.get(JobAttemptRow, (job, number))
        if kept is None:
            raise NotFound(f"The job has no attempt {number}.")
        if kept.outcome is None:
            try:
                return self._launcher.output(job, number, offset, wait_seconds=wait_seconds)
            except (
                NotFound,
                Unavailable,
            ):  # it starts, or its outcome is being stored, or the host is away for a moment
                return OutputPart(data=b"", is_over=False)
        if kept.output is None:
            return OutputPart(data=b"", is_over=True)
        stored = msgspec.convert(kept.output, BundleFile)
        return OutputPart(data=self._blobs.read(stored.sha256)[offset:], is_over=True)


def _visible(session: Session, actor: Actor, job: str, permission: Permission = Permission.JOBS_READ) -> JobRow:
    row = session.get(JobRow, job)
    if row is None or not actor.may(Permission.JOBS_READ, project_scope(row.project)):
        raise NotFound(
            f"There is no job {job[:80]!a}, or you may not see it.", hint="`unshelf jobs list` lists the jobs."
        )
    actor.must(permission, project_scope(row.project))
    return row


def _position(session: Session, row: JobRow) -> int | None:
    if row.state != "queued":
        return None
    earlier = select(func.count()).select_from(JobRow).where(JobRow.state == "queued", JobRow.id < row.id)
    return session.scalar(earlier)


def _filtered(query: Select[JobRow], wanted: JobFilter) -> Select[JobRow]:
    if wanted.states:
        query = query.where(JobRow.state.in_(wanted.states))
    for column, value in (
        (JobRow.project, wanted.project), (JobRow.tier, wanted.tier), (JobRow.array, wanted.array), (JobRow.created_by, wanted.by)
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    return query
