"""Monitors as subjects, and as they are found by words: those that somebody added or changed."""

from collections.abc import Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from unshelf.foundation.search import Document, SearchSource
from unshelf.monitor.monitors.service import subject_of
from unshelf.monitor.monitors.tables import MonitorRow

MONITOR = "monitor"


def monitor_source() -> SearchSource:
    """Describe monitors. `MODEL/NAME` names one."""
    return SearchSource(kind=MONITOR, names=select(MonitorRow.model + "/" + MonitorRow.name), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    keys = [tuple(name.split("/", 1)) for name in names if "/" in name]
    query = select(MonitorRow).where(tuple_(MonitorRow.model, MonitorRow.name).in_(keys))
    return [
        Document(
            subject=subject_of(session, row.model, row.name), title=f"{row.name} of {row.model}",
            text=f"{row.kind} {row.window} {row.reference} {' '.join(row.columns)} {'paused' if row.paused else ''}",
            owner=row.changed_by, created_at=row.changed_at, page=f"/monitors/{row.model}/{row.name}",
        )
        for row in (session.scalars(query) if keys else ())
    ]  # fmt: skip
