"""Old jobs go, with what they left: those that nothing names, once their time is over."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, delete, or_, select, update
from sqlalchemy.orm import Session

from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.jobs.job import ENDED
from unshelf.develop.jobs.scheduling.settling import JOB, holder_of
from unshelf.develop.jobs.tables import JobAttemptRow, JobDependencyRow, JobRow, JobTreeRow
from unshelf.develop.jobs.trees import HOLDER
from unshelf.foundation.blob_holds import let_go
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.subjects import Subjects
from unshelf.foundation.uses.job_mentions import JobMentions

logger = logging.getLogger(__name__)

_JOBS_A_TRANSACTION = 200
"""Jobs a transaction, so that none keeps the database's one writer for long."""
PruneGroups = Callable[[datetime], object]
"""Deletes what names jobs and ended before a moment, such as sweeps."""


class JobPruning:
    """Deletes jobs that ended long ago. What names one keeps it; what is deleted with them is named in `prune_groups`."""

    def __init__(
        self,
        database: Database,
        *,
        environments: EnvironmentService,
        references: JobMentions,
        subjects: Subjects,
        prune_groups: Sequence[PruneGroups],
    ) -> None:
        self._database = database
        self._environments = environments
        self._references = references
        self._subjects = subjects
        self._prune_groups = prune_groups

    def prune(self, days: int) -> int:
        """Delete the jobs that ended more than `days` days ago and that nothing names; returns how many."""
        before = now() - timedelta(days=days)
        for prune_groups in self._prune_groups:
            prune_groups(before)
        after, pruned = "", 0
        while True:
            with self._database.read() as session:
                some = self._old(session, before, after)
                free = self._unnamed(session, some)
            if free:
                with self._database.transaction() as session:
                    free = self._unnamed(session, self._there(session, free))
                    self._delete(session, free)
                pruned += len(free)
            if len(some) < _JOBS_A_TRANSACTION:
                break
            after = some[-1]
        if pruned:
            logger.info("deleted old jobs", extra={"jobs": pruned})
        return pruned

    def _old(self, session: Session, before: datetime, after: str) -> list[str]:
        query = select(JobRow.id).where(JobRow.state.in_(ENDED), JobRow.ended_at < before, JobRow.id > after)
        return list(session.scalars(query.order_by(JobRow.id).limit(_JOBS_A_TRANSACTION)))

    def _there(self, session: Session, jobs: Sequence[str]) -> list[str]:
        """Return those that were not begun anew meanwhile."""
        return list(session.scalars(select(JobRow.id).where(JobRow.id.in_(jobs), JobRow.state.in_(ENDED))))

    def _unnamed(self, session: Session, jobs: Sequence[str]) -> list[str]:
        """Return those that nothing names, and that no job waits for."""
        named = {each.job for each in self._references.of(session, None, jobs)}
        waiting = (
            select(JobDependencyRow.after)
            .join(JobRow, JobRow.id == JobDependencyRow.job)
            .where(JobDependencyRow.after.in_(jobs), JobRow.state.not_in(ENDED))
        )
        named |= set(session.scalars(waiting))
        return [job for job in jobs if job not in named]

    def _delete(self, session: Session, jobs: Sequence[str]) -> None:
        rows = session.scalars(select(JobRow).where(JobRow.id.in_(jobs))).all()
        trees = {row.code for row in rows} | {
            str(each["tree"]) for row in rows for each in row.inputs if each.get("tree")
        }
        attempts = select(JobAttemptRow.job, JobAttemptRow.number).where(JobAttemptRow.job.in_(jobs))
        for job, number in session.execute(attempts).all():
            let_go(session, f"{holder_of(job)}/{number}")
        for job in jobs:  # what was read from connections for it
            let_go(session, holder_of(job))
        self._environments.let_go(session, [holder_of(job) for job in jobs])
        session.execute(
            delete(JobDependencyRow).where(or_(JobDependencyRow.job.in_(jobs), JobDependencyRow.after.in_(jobs)))
        )
        session.execute(delete(JobAttemptRow).where(JobAttemptRow.job.in_(jobs)))
        session.execute(update(JobRow).where(JobRow.parent.in_(jobs)).values(parent=None))
        session.execute(delete(JobRow).where(JobRow.id.in_(jobs)))
        session.flush()
        for tree in trees:
            if not _is_read(session, tree):
                let_go(session, HOLDER + tree)
                session.execute(delete(JobTreeRow).where(JobTreeRow.digest == tree))
        self._subjects.removed(session, JOB, list(jobs))


def _is_read(session: Session, tree: str) -> bool:
    """Whether a job is left that reads a tree, as its code or as data."""
    as_text: Any = cast(JobRow.inputs, String)
    query = select(JobRow.id).where(or_(JobRow.code == tree, as_text.contains(tree, autoescape=True)))
    return session.scalar(query.limit(1)) is not None
