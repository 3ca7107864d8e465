"""Groups as subjects, and as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.manage.groups.tables import GroupRow


def group_source() -> SearchSource:
    """Describe groups: by name and description."""
    return SearchSource(kind="group", names=select(GroupRow.name), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="group", name=row.name), title=row.name, text=row.description, owner=row.created_by,
            created_at=row.created_at, page=f"/groups/{row.name}",
        )
        for row in session.scalars(select(GroupRow).where(GroupRow.name.in_(names)))
    ]  # fmt: skip
