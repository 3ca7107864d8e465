"""Sweeps as subjects, and as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.develop.sweeps.tables import SweepRow
from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource


def sweep_source() -> SearchSource:
    """Describe sweeps. The id names one."""
    return SearchSource(kind="sweep", names=select(SweepRow.id), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="sweep", name=row.id, project=row.project), title=row.name,
            text=" ".join([row.job, row.state, row.strategy, row.objective, *row.space]),
            owner=row.created_by, created_at=row.created_at, page=f"/sweeps/{row.id}",
        )
        for row in session.scalars(select(SweepRow).where(SweepRow.id.in_(names)))
    ]  # fmt: skip
