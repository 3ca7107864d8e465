"""Schedules as subjects, as they are found by words, and as users of jobs."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.develop.schedules.tables import ScheduleRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.foundation.uses.job_mentions import JobMention


def schedule_source() -> SearchSource:
    """Describe schedules. The id names one."""
    return SearchSource(kind="schedule", names=select(ScheduleRow.id), documents=_documents)


def schedules_of_jobs(session: Session, _: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
    """Find the schedules that start one of these jobs again. Who sees a job sees the schedules of its project."""
    query = select(ScheduleRow.target, ScheduleRow.id, ScheduleRow.name).where(
        ScheduleRow.kind == "job", ScheduleRow.target.in_(jobs)
    )
    return [
        JobMention(job=job, kind="schedule", name=name, page=f"/schedules/{id}")
        for job, id, name in session.execute(query)
    ]


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="schedule", name=row.id, project=row.project), title=row.name,
            text=f"{row.cron} {row.time_zone} {row.kind} {row.target} {row.state}",
            owner=row.created_by, created_at=row.created_at, page=f"/schedules/{row.id}",
        )
        for row in session.scalars(select(ScheduleRow).where(ScheduleRow.id.in_(names)))
    ]  # fmt: skip
