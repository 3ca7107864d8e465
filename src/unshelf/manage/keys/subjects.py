"""Keys as subjects, and as they are found: by their names alone."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.manage.keys.tables import KeyRow


def key_source() -> SearchSource:
    """Describe keys. A key's id names it."""
    return SearchSource(kind="key", names=select(KeyRow.id), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="key", name=row.id, project=row.project), title=row.name, text="",
            owner=row.created_by, created_at=row.created_at, page="/keys",
        )
        for row in session.scalars(select(KeyRow).where(KeyRow.id.in_(names)))
    ]  # fmt: skip
