"""Scorings as subjects, as they are found by words, as users of jobs, and as they count to quotas."""

from collections.abc import Sequence

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from unshelf.deploy.scorings.tables import ScoringRow
from unshelf.deploy.scorings.work import SCORING, subject_of
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.blob_holds import BlobHoldRow
from unshelf.foundation.search import Document, SearchSource
from unshelf.foundation.uses.job_mentions import JobMention
from unshelf.manage.quotas.accounts import Account


def scoring_source() -> SearchSource:
    """Describe scorings. The id names one."""
    return SearchSource(kind=SCORING, names=select(ScoringRow.id), documents=_documents)


def scorings_of_jobs(session: Session, _: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
    """Find the scorings whose work these jobs are. Who sees a job sees the scorings of its project."""
    query = select(ScoringRow.job, ScoringRow.id, ScoringRow.name).where(ScoringRow.job.in_(jobs))
    return [
        JobMention(job=str(job), kind=SCORING, name=name, page=f"/scorings/{id}", owns=True)
        for job, id, name in session.execute(query)
    ]


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=subject_of(row), title=row.name, text=" ".join([f"{row.model}:{row.version}", row.data, row.out, row.state]),
            owner=row.created_by, created_at=row.created_at, page=f"/scorings/{row.id}",
        )
        for row in session.scalars(select(ScoringRow).where(ScoringRow.id.in_(names)))
    ]  # fmt: skip


class ScoringFiles:
    """Finds what scorings keep, as quotas count it."""

    def files(self, account: Account) -> list[Select[str, int]]:
        """Select uploaded data, chunks and results."""
        kept = literal(f"{SCORING}/").concat(ScoringRow.id).concat("/")
        held = select(BlobHoldRow.sha256, BlobHoldRow.size).join(
            ScoringRow, func.substr(BlobHoldRow.holder, 1, func.length(kept)) == kept
        )
        return [held.where(account.covers(project=ScoringRow.project, by=ScoringRow.created_by))]
