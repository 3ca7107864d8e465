"""Projects as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.manage.projects.tables import ProjectRow


def project_source() -> SearchSource:
    """Describe projects to the search index: by title and description."""
    return SearchSource(kind="project", names=select(ProjectRow.name), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="project", name=row.name, project=row.name), title=row.title, text=row.description,
            owner=row.created_by, created_at=row.created_at, page=f"/projects/{row.name}",
        )
        for row in session.scalars(select(ProjectRow).where(ProjectRow.name.in_(names)))
    ]  # fmt: skip
