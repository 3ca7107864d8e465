"""Goals as subjects, and as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.manage.goals.tables import GoalRow


def goal_source() -> SearchSource:
    """Describe goals: by title, description, metric and worth. A goal's id names it."""
    return SearchSource(kind="goal", names=select(GoalRow.id), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="goal", name=row.id, project=row.project), title=row.title,
            text=" ".join(filter(None, (row.description, row.metric, row.worth))), owner=row.created_by,
            created_at=row.created_at, page=f"/projects/{row.project}/goals/{row.id}",
        )
        for row in session.scalars(select(GoalRow).where(GoalRow.id.in_(names)))
    ]  # fmt: skip
