"""Triggers as subjects, as they are found by words, and as users of jobs."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.develop.triggers.tables import TriggerRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.foundation.uses.job_mentions import JobMention


def trigger_source() -> SearchSource:
    """Describe triggers. The id names one."""
    return SearchSource(kind="trigger", names=select(TriggerRow.id), documents=_documents)


def triggers_of_jobs(session: Session, _: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
    """Find the triggers that start one of these jobs again. Who sees a job sees the triggers of its project."""
    query = select(TriggerRow.target, TriggerRow.id, TriggerRow.name).where(
        TriggerRow.kind == "job", TriggerRow.target.in_(jobs)
    )
    return [
        JobMention(job=job, kind="trigger", name=name, page=f"/triggers/{id}")
        for job, id, name in session.execute(query)
    ]


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=Subject(kind="trigger", name=row.id, project=row.project), title=row.name,
            text=f"{row.waits_for} {row.action} {row.subject} {row.kind} {row.target} {row.state}",
            owner=row.created_by, created_at=row.created_at, page=f"/triggers/{row.id}",
        )
        for row in session.scalars(select(TriggerRow).where(TriggerRow.id.in_(names)))
    ]  # fmt: skip
