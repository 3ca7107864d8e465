"""Sweeps as subjects, as they are found by words, and as users of jobs."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.develop.sweeps.tables import SweepJobRow, SweepRow, SweepTrialRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.foundation.subjects import Subjects
from unshelf.foundation.uses.job_mentions import JobMention


def sweep_source() -> SearchSource:
    """Describe sweeps. The id names one."""
    return SearchSource(kind="sweep", names=select(SweepRow.id), documents=_documents)


def sweeps_of_jobs(session: Session, _: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
    """Find the sweeps that run one of these jobs again, or have it as a trial. Who sees a job sees the sweeps of its project."""
    swept = select(SweepRow.job, SweepRow.id, SweepRow.name).where(SweepRow.job.in_(jobs))
    tried = (
        select(SweepJobRow.job, SweepRow.id, SweepRow.name)
        .join(SweepRow, SweepRow.id == SweepJobRow.sweep)
        .where(SweepJobRow.job.in_(jobs))
    )
    return [
        JobMention(job=str(job), kind="sweep", name=name, page=f"/sweeps/{id}")
        for query in (swept, tried)
        for job, id, name in session.execute(query)
    ]


def jobs_of_sweep(session: Session, sweep: str) -> list[str]:
    """Return the jobs that a sweep began."""
    query = select(SweepJobRow.job).where(SweepJobRow.sweep == sweep, SweepJobRow.job.is_not(None))
    return [str(job) for job in session.scalars(query)]


def group_of_sweep(session: Session, sweep: str) -> tuple[str, list[str]] | None:
    """Return the project and the jobs of a sweep; None: there is no such sweep."""
    row = session.get(SweepRow, sweep)
    return None if row is None else (row.project, jobs_of_sweep(session, sweep))


def prune_sweeps(
    database: Database, subjects: Subjects, in_use: Callable[[Session, Sequence[str]], set[str]], before: datetime
) -> int:
    """Delete the sweeps that ended before a moment; returns how many. One stays while `in_use` names a job of it: it says what the
    other trials reached."""
    with database.read() as session:
        old = select(SweepRow.id).where(SweepRow.state != "running", SweepRow.ended_at < before).order_by(SweepRow.id)
        ended = [sweep for sweep in session.scalars(old) if not in_use(session, jobs_of_sweep(session, sweep))]
    for sweep in ended:
        with database.transaction() as session:
            for table in (SweepJobRow, SweepTrialRow):
                session.execute(delete(table).where(table.sweep == sweep))
            session.execute(delete(SweepRow).where(SweepRow.id == sweep))
            subjects.removed(session, "sweep", [sweep])
    return len(ended)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="sweep", name=row.id, project=row.project), title=row.name,
            text=" ".join([row.job, row.state, row.strategy, row.objective, *row.space]),
            owner=row.created_by, created_at=row.created_at, page=f"/sweeps/{row.id}",
        )
        for row in session.scalars(select(SweepRow).where(SweepRow.id.in_(names)))
    ]  # fmt: skip
