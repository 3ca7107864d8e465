"""Triggers as subjects, and as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.develop.triggers.tables import TriggerRow
from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource


def trigger_source() -> SearchSource:
    """Describe triggers. The id names one."""
    return SearchSource(kind="trigger", names=select(TriggerRow.id), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="trigger", name=row.id, project=row.project), title=row.name,
            text=f"{row.waits_for} {row.action} {row.subject} {row.kind} {row.target} {row.state}",
            owner=row.created_by, created_at=row.created_at, page=f"/triggers/{row.id}",
        )
        for row in session.scalars(select(TriggerRow).where(TriggerRow.id.in_(names)))
    ]  # fmt: skip
