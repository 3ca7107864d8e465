"""Schedules as subjects, and as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.develop.schedules.tables import ScheduleRow
from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource


def schedule_source() -> SearchSource:
    """Describe schedules. The id names one."""
    return SearchSource(kind="schedule", names=select(ScheduleRow.id), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="schedule", name=row.id, project=row.project), title=row.name,
            text=f"{row.cron} {row.time_zone} {row.kind} {row.target} {row.state}",
            owner=row.created_by, created_at=row.created_at, page=f"/schedules/{row.id}",
        )
        for row in session.scalars(select(ScheduleRow).where(ScheduleRow.id.in_(names)))
    ]  # fmt: skip
