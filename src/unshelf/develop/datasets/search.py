"""Datasets, connections and bindings as they are found by words, and as users of jobs."""

from collections.abc import Sequence
from functools import partial
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.develop.datasets.dataset import NameKind
from unshelf.develop.datasets.tables import DataNameRow, DatasetVersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.foundation.uses.job_mentions import JobMention


def data_sources() -> list[SearchSource]:
    """Describe the names of data, by kind: by name and description, and never by what a connection's credentials are."""
    return [
        SearchSource(
            kind=kind, documents=partial(_documents, kind),
            names=select(DataNameRow.name).where(DataNameRow.kind == kind, DataNameRow.deleted_at.is_(None)),
        )
        for kind in get_args(NameKind)
    ]  # fmt: skip


def data_of_jobs(session: Session, _: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
    """Find the versions of datasets that these jobs made. They lie in the jobs' projects."""
    query = select(DatasetVersionRow.job, DatasetVersionRow.name, DatasetVersionRow.number)
    return [
        JobMention(job=str(job), kind="data", name=f"{name}@{number}", page=f"/data/{name}")
        for job, name, number in session.execute(query.where(DatasetVersionRow.job.in_(jobs)))
    ]


def _documents(kind: NameKind, session: Session, names: Sequence[str]) -> list[Document]:
    there = select(DataNameRow).where(
        DataNameRow.name.in_(names), DataNameRow.kind == kind, DataNameRow.deleted_at.is_(None)
    )
    return [
        Document(
            subject=Subject(kind=kind, name=row.name, project=row.project),
            title=row.description.partition("\n")[0] or row.name, text=row.description, owner=row.created_by,
            created_at=row.created_at, page=f"/data/{row.name}", events_since=row.created_at,
        )
        for row in session.scalars(there)
    ]  # fmt: skip
