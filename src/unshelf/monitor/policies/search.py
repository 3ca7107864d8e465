"""Policies as subjects, and as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.monitor.policies.tables import AlertPolicyRow


def policy_source() -> SearchSource:
    """Describe policies. The id names one."""
    return SearchSource(kind="alert_policy", names=select(AlertPolicyRow.id), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="alert_policy", name=row.id, model=row.model, project=row.project), title=row.name,
            text=f"{row.act} {' '.join(row.kinds)} {row.severity} {row.model or ''}", owner=row.created_by,
            created_at=row.created_at, page="/alert-policies",
        )
        for row in session.scalars(select(AlertPolicyRow).where(AlertPolicyRow.id.in_(names)))
    ]  # fmt: skip
