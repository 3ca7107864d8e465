"""Jobs as subjects, as they are found by words, and as they count to quotas."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from unshelf.contracts.tiers import Tier
from unshelf.develop.jobs.job import ACTIVE
from unshelf.develop.jobs.scheduling.settling import JOB, subject_of
from unshelf.develop.jobs.tables import JobRow
from unshelf.develop.jobs.trees import HOLDER
from unshelf.foundation.blob_holds import BlobHoldRow
from unshelf.foundation.search import Document, SearchSource
from unshelf.manage.quotas.accounts import Account
from unshelf.manage.quotas.resources import ResourceAmounts

_JOBS_A_QUERY = 500


def job_source() -> SearchSource:
    """Describe jobs: by name, command, state, and why they ended as they did. A job's id names it."""
    return SearchSource(kind=JOB, names=select(JobRow.id), documents=_documents)


def makers_of_jobs(session: Session, jobs: Sequence[str]) -> dict[str, str]:
    """Return id → label of who submitted it, for those that there are."""
    query = select(JobRow.id, JobRow.created_by).where(JobRow.id.in_(jobs))
    return {job: label for job, label in session.execute(query)}  # noqa: C416 - a row is no pair to the type checker


def titles_of_jobs(session: Session, jobs: Sequence[str]) -> dict[str, str]:
    """Return id → title, for those that there are."""
    found: dict[str, str] = {}
    for start in range(0, len(jobs), _JOBS_A_QUERY):
        query = select(JobRow.id, JobRow.name).where(JobRow.id.in_(jobs[start : start + _JOBS_A_QUERY]))
        found |= {job: name for job, name in session.execute(query)}  # noqa: C416 - a row is no pair to the type checker
    return found


def copies_of_job(session: Session, job: str) -> tuple[str, list[str]] | None:
    """Return the project of a job, and the jobs that were made from it, and from these: changed copies, trials, starts of schedules; None:
    there is no such job."""
    row = session.get(JobRow, job)
    if row is None:
        return None
    made = select(JobRow.id).where(JobRow.parent == job).cte("made", recursive=True)
    made = made.union(select(JobRow.id).join(made, JobRow.parent == made.c.id))
    return row.project, list(session.scalars(select(made.c.id).order_by(made.c.id)))


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=subject_of(row), title=row.name, text=" ".join([*row.command, row.state, row.reason, row.tier]),
            owner=row.created_by, created_at=row.created_at, page=f"/jobs/{row.id}",
        )
        for row in session.scalars(select(JobRow).where(JobRow.id.in_(names)))
    ]  # fmt: skip


class JobUsage:
    """Counts the jobs that run with what their tiers take; those that wait take nothing."""

    def __init__(self, tiers: Mapping[str, Tier]) -> None:
        self._tiers = tiers

    def used(self, session: Session, account: Account) -> ResourceAmounts:
        """Return what counts to an account."""
        active = select(JobRow.tier).where(JobRow.state.in_(ACTIVE))
        total = ResourceAmounts()
        for name in session.scalars(active.where(account.covers(project=JobRow.project, by=JobRow.created_by))):
            if (tier := self._tiers.get(name)) is not None:
                total = total.plus(ResourceAmounts(cores=tier.cpu, memory_bytes=tier.memory_bytes, gpus=tier.gpu))
        return total

    def of_tier(
        self, session: Session, tier: str, *, project: str | None = None, makers: Sequence[str] | None = None
    ) -> list[str]:
        """Return the jobs that run on a tier, as references."""
        wanted = select(JobRow.id).where(JobRow.state.in_(ACTIVE), JobRow.tier == tier)
        if project is not None:
            wanted = wanted.where(JobRow.project == project)
        if makers is not None:
            wanted = wanted.where(JobRow.created_by.in_(makers))
        return [f"{JOB}/{job}" for job in session.scalars(wanted.order_by(JobRow.id))]


class JobFiles:
    """Finds what jobs left, and their code, as quotas count it."""

    def files(self, account: Account) -> list[Select[str, int]]:
        """Select the files and outputs of all attempts, and the code."""
        mine = account.covers(project=JobRow.project, by=JobRow.created_by)
        columns = select(BlobHoldRow.sha256, BlobHoldRow.size)
        attempt = literal(f"{JOB}/").concat(JobRow.id).concat("/")
        left = columns.join(JobRow, func.substr(BlobHoldRow.holder, 1, func.length(attempt)) == attempt)
        code = columns.join(JobRow, BlobHoldRow.holder == literal(HOLDER).concat(JobRow.code))
        return [left.where(mine), code.where(mine)]
