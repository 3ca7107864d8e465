"""Users as subjects, and as they are found: by their names, never by their e-mail addresses."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.manage.users.tables import UserRow


def user_source() -> SearchSource:
    """Describe users. The login name names one."""
    return SearchSource(kind="user", names=select(UserRow.name), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="user", name=row.name), title=row.full_name or row.name, text=row.status,
            owner=row.created_by, created_at=row.created_at, page=f"/users/{row.name}",
        )
        for row in session.scalars(select(UserRow).where(UserRow.name.in_(names)))
    ]  # fmt: skip
