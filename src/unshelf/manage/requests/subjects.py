"""Requests as subjects, and as they are found by words: by who asked, and by who may decide."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.manage.requests.tables import RequestRow


def request_source() -> SearchSource:
    """Describe requests: by who asked, what for and why. A request's id names it."""
    return SearchSource(kind="request", names=select(RequestRow.id), documents=_documents)


def request_subject(row: RequestRow) -> Subject:
    """The subject of a request on a model, a project or the installation."""
    return Subject(kind="request", name=row.id, model=row.model, project=row.project)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=request_subject(row), title=f"Request for {row.kind} to {row.model or row.project or 'all'}",
            text=" ".join([row.state, *map(str, row.wanted.values()), row.reason, row.decision_reason]),
            owner=row.asked_by, created_at=row.asked_at, page=f"/requests/{row.id}", person=row.asked_by_id,
        )
        for row in session.scalars(select(RequestRow).where(RequestRow.id.in_(names)))
    ]  # fmt: skip
