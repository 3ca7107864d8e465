"""Benches as subjects, as they are found by words, and as users of jobs."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.deploy.benches.tables import BenchRow
from unshelf.deploy.benches.work import BENCH, subject_of
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.search import Document, SearchSource
from unshelf.foundation.uses.job_mentions import JobMention


def bench_source() -> SearchSource:
    """Describe benches. The id names one."""
    return SearchSource(kind=BENCH, names=select(BenchRow.id), documents=_documents)


def benches_of_jobs(session: Session, _: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
    """Find the benches whose work these jobs are. Who sees a job sees the benches of its project."""
    models = list(session.scalars(select(JobRow.model).where(JobRow.id.in_(jobs), JobRow.use == "bench").distinct()))
    if not models:
        return []
    wanted = set(jobs)
    return [
        JobMention(job=line["job"], kind=BENCH, name=f"{row.model}:{row.version}", page=f"/benches/{row.id}", owns=True)
        for row in session.scalars(select(BenchRow).where(BenchRow.model.in_(models)))
        for line in row.tiers
        if line.get("job") in wanted
    ]


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=subject_of(row), title=f"{row.model}:{row.version}",
            text=" ".join(["bench", row.state, *(line["tier"] for line in row.tiers)]), owner=row.created_by,
            created_at=row.created_at, page=f"/benches/{row.id}",
        )
        for row in session.scalars(select(BenchRow).where(BenchRow.id.in_(names)))
    ]  # fmt: skip
