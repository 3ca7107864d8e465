"""Alerts as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.search import Document, SearchSource
from unshelf.monitor.alerts.subjects import ALERT, alert_page, alert_subject
from unshelf.monitor.alerts.tables import AlertRow


def alert_source() -> SearchSource:
    """Describe alerts to the search index: by what they say."""
    return SearchSource(kind=ALERT, names=select(AlertRow.id), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=alert_subject(session, row.id, row.model, row.project), title=row.summary,
            text=f"{row.advice} {row.kind} {row.severity} {row.model or ''}", owner=row.owner,
            created_at=row.raised_at, page=alert_page(row.id),
        )
        for row in session.scalars(select(AlertRow).where(AlertRow.id.in_(names)))
    ]  # fmt: skip
