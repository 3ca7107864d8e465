"""The end of attempts: what each left is recorded, and what follows: another attempt, the job's end, jobs that waited for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.protocols.jobs import AttemptOutcome, JobAttempt
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.jobs.job import ENDED, JobState
from unshelf.develop.jobs.sources.publishing import OutputPublishing
from unshelf.develop.jobs.tables import JobAttemptRow, JobDependencyRow, JobRow
from unshelf.foundation.access.actors import SYSTEM
from unshelf.foundation.blob_holds import BlobHolds, hold
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.manage.notifications.notification import NotificationKind
from unshelf.manage.notifications.service import NotificationService

FAILED = NotificationKind(name="job.failed", description="A job that you submitted failed.", of_subject=True)
JOB = "job"
_ENVIRONMENT_KEPT = timedelta(days=7)
CHECKPOINT_KEPT = timedelta(days=7)
"""How long the checkpoint of a job that did not succeed stays, for it to be tried again."""
_SIGNALS = {9: "SIGKILL", 11: "SIGSEGV", 6: "SIGABRT", 15: "SIGTERM", 7: "SIGBUS", 8: "SIGFPE"}
_REASONS = {
    "timed_out": "It was over its time limit.",
    "cancelled": "It was cancelled.",
    "interrupted": "The server was stopped while it ran; with retries it goes on after that.",
    "out_of_memory": "It ran out of its tier's memory.",
    "disk_full": "It wrote more than a job may leave.",
}


def holder_of(job: str) -> str:
    """Return the name under which what a job left, and its environment, are held."""
    return f"{JOB}/{job}"


def subject_of(row: JobRow) -> Subject:
    """Return the subject of events about a job."""
    return Subject(kind=JOB, name=row.id, project=row.project)


class Settling:
    """Records ends."""

    def __init__(
        self,
        database: Database,
        holds: BlobHolds,
        *,
        events: EventStore,
        notifications: NotificationService,
        environments: EnvironmentService,
        subjects: Subjects,
        publishing: OutputPublishing,
        refusals: RefusalLog,
    ) -> None:
        notifications.register(FAILED)
        self._database = database
        self._holds = holds
        self._events = events
        self._notifications = notifications
        self._environments = environments
        self._subjects = subjects
        self._publishing = publishing
        self._refusals = refusals
        publishing.on_end(self.end)
        self._ready: Callable[[Session, JobRow], None] = lambda _session, _row: None

    def on_ready(self, act: Callable[[Session, JobRow], None]) -> None:
        """Have jobs that waited for others put on their way, in the transaction in which the last of those has ended."""
        self._ready = act

    def settle(self, attempt: JobAttempt) -> bool:
        """Record the outcome of an attempt, and return whether its job has succeeded, or is gone: it has no use for a checkpoint any more.
        Repeating it changes nothing."""
        outcome = attempt.outcome
        assert outcome is not None  # noqa: S101 - only ended ones are settled
        left = [*outcome.files, *([outcome.output] if outcome.output is not None else [])]
        with self._holds.claim(None, {file.sha256: file.size for file in left}) as session:
            row = session.get(JobRow, attempt.job)
            kept = session.get(JobAttemptRow, (attempt.job, attempt.number))
            if row is None or kept is None:
                return True
            if kept.outcome is None:
                hold(session, {file.sha256: file.size for file in left}, f"{holder_of(row.id)}/{attempt.number}")
                _record(kept, outcome)
                for each in outcome.refused:
                    self._refusals.note_egress(subject_of(row), each.place, reason=each.reason, count=each.count)
                self._follow_up(session, row, kept, outcome)
            return row.state == "succeeded"

    def end(self, session: Session, row: JobRow, state: JobState, reason: str) -> None:
        """End a job, and have those that waited for it go on or end, in the caller's transaction."""
        row.state, row.reason, row.ended_at = state, reason, now()
        row.queued_at = row.queued_at or row.ended_at
        facts: dict[str, Any] = {"state": state, "attempts": row.attempts}
        self._events.record(session, SYSTEM, f"job.{state}", subject_of(row), after=facts, reason=reason[:500])
        self._subjects.changed(session, JOB, [row.id])
        if state in ("failed", "timed_out") and row.actor_kind == "user":
            self._notifications.notify(
                session, [row.actor_id], subject_of(row), kind=FAILED.name, title=f"The job {row.name} failed",
                body=reason, link=f"/jobs/{row.id}",
            )  # fmt: skip
        session.flush()
        self._release_dependents(session, row)

    def prune(self) -> None:
        """Let go of the environments of jobs that ended some time ago; until then the next job like them finds them built."""
        with self._database.transaction() as session:
            old = select(JobRow.id).where(JobRow.ended_at < now() - _ENVIRONMENT_KEPT, JobRow.environment.is_not(None))
            self._environments.let_go(session, [holder_of(job) for job in session.scalars(old)])

    def outdated_checkpoints(self, since: datetime, until: datetime) -> list[str]:
        """List the jobs that did not succeed and ended between two moments: they have been kept for long enough to be tried again."""
        query = select(JobRow.id).where(JobRow.state.in_(ENDED), JobRow.ended_at >= since, JobRow.ended_at < until)
        with self._database.read() as session:
            return list(session.scalars(query.order_by(JobRow.id)))

    def _follow_up(self, session: Session, row: JobRow, kept: JobAttemptRow, outcome: AttemptOutcome) -> None:
        row.started_at = row.started_at or kept.started_at
        if outcome.results is not None:
            row.results = msgspec.json.decode(outcome.results)
        succeeded = outcome.how == "exited" and outcome.status == 0
        if succeeded and row.outputs:
            self._publishing.begin(session, row)
        elif succeeded:
            self.end(session, row, "succeeded", outcome.detail)
        elif outcome.how == "cancelled" or row.cancelled_by is not None:
            by = f" by {row.cancelled_by}" if row.cancelled_by else ""
            self.end(session, row, "cancelled", f"It was cancelled{by}.")
        elif row.attempts <= row.retries:
            row.state, row.reason = (
                "queued",
                f"Attempt {row.attempts} failed, and it is tried again: {reason_of(outcome)}",
            )
        else:
            self.end(session, row, "timed_out" if outcome.how == "timed_out" else "failed", reason_of(outcome))

    def _release_dependents(self, session: Session, row: JobRow) -> None:
        waiting = (
            select(JobRow)
            .join(JobDependencyRow, JobDependencyRow.job == JobRow.id)
            .where(JobDependencyRow.after == row.id, JobRow.state == "waiting")
        )
        for dependent in session.scalars(waiting.order_by(JobRow.id)).all():
            if row.state != "succeeded":
                self.end(session, dependent, "cancelled", f"The job {row.id}, which it comes after, did not succeed.")
            elif not _unfinished(session, dependent.id):
                self._ready(session, dependent)


def reason_of(outcome: AttemptOutcome) -> str:
    """Say in a sentence why an attempt did not succeed."""
    usual = _REASONS.get(outcome.how, "")
    if outcome.how == "exited" and outcome.status:
        status = outcome.status
        signal = _SIGNALS.get(-status, f"signal {-status}")
        usual = f"Its program ended with exit status {status}." if status > 0 else f"Its program was ended by {signal}."
    return " ".join(part for part in (usual, outcome.detail) if part)


def _unfinished(session: Session, job: str) -> list[str]:
    query = (
        select(JobDependencyRow.after)
        .join(JobRow, JobRow.id == JobDependencyRow.after)
        .where(JobDependencyRow.job == job, JobRow.state != "succeeded")
    )
    return list(session.scalars(query))


def _record(kept: JobAttemptRow, outcome: AttemptOutcome) -> None:
    kept.outcome, kept.status, kept.detail = outcome.how, outcome.status, outcome.detail
    kept.cpu_seconds, kept.peak_memory_bytes = outcome.cpu_seconds, outcome.peak_memory_bytes
    kept.started_at, kept.ended_at = _moment(outcome.started_at), _moment(outcome.ended_at)
    kept.series = [[each.at, each.cpu_seconds, float(each.memory_bytes)] for each in outcome.series]
    kept.output = None if outcome.output is None else msgspec.to_builtins(outcome.output)
    kept.files = [msgspec.to_builtins(file) for file in outcome.files]
    kept.refused = [msgspec.to_builtins(each) for each in outcome.refused] or None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
