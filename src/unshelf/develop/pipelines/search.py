"""Pipelines and their runs as subjects, as they are found by words, and as users of jobs."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.develop.pipelines.tables import PipelineRow, PipelineRunRow, PipelineStepRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.search import Document, SearchSource
from unshelf.foundation.subjects import Subjects
from unshelf.foundation.uses.job_mentions import JobMention

PIPELINE, RUN = "pipeline", "pipeline_run"


def pipeline_source() -> SearchSource:
    """Describe pipelines. The id names one."""
    return SearchSource(kind=PIPELINE, names=select(PipelineRow.id), documents=_pipelines)


def run_source() -> SearchSource:
    """Describe runs of pipelines. The id names one."""
    return SearchSource(kind=RUN, names=select(PipelineRunRow.id), documents=_runs)


def runs_of_jobs(session: Session, _: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
    """Find the runs of pipelines that take the value of one of these jobs. Who sees a job sees the runs of its project."""
    query = (
        select(PipelineStepRow.job, PipelineRunRow.id, PipelineRow.name)
        .join(PipelineRunRow, PipelineRunRow.id == PipelineStepRow.run)
        .join(PipelineRow, PipelineRow.id == PipelineRunRow.pipeline)
        .where(PipelineStepRow.job.in_(jobs))
    )
    return [
        JobMention(job=str(job), kind="pipeline run", name=name, page=f"/pipeline-runs/{id}")
        for job, id, name in session.execute(query)
    ]


def jobs_of_run(session: Session, run: str) -> list[str]:
    """Return the jobs that a run began, without those whose value it took from an earlier one."""
    query = select(PipelineStepRow.job).where(
        PipelineStepRow.run == run, PipelineStepRow.job.is_not(None), PipelineStepRow.cached_from.is_(None)
    )
    return [str(job) for job in session.scalars(query)]


def group_of_run(session: Session, run: str) -> tuple[str, list[str]] | None:
    """Return the project and the jobs of a run; None: there is no such run."""
    row = session.get(PipelineRunRow, run)
    return None if row is None else (row.project, jobs_of_run(session, run))


def prune_runs(
    database: Database, subjects: Subjects, in_use: Callable[[Session, Sequence[str]], set[str]], before: datetime
) -> int:
    """Delete the runs that ended before a moment; returns how many. One stays while `in_use` names a job of it, or another run takes a
    value of it."""
    with database.read() as session:
        old = select(PipelineRunRow.id).where(PipelineRunRow.ended_at < before).order_by(PipelineRunRow.id)
        ended = [run for run in session.scalars(old) if not in_use(session, jobs_of_run(session, run))]
        taken = select(PipelineStepRow.cached_from).where(
            PipelineStepRow.cached_from.in_(ended), PipelineStepRow.run.not_in(ended)
        )
        kept = set(session.scalars(taken))
    ended = [run for run in ended if run not in kept]
    for run in ended:
        with database.transaction() as session:
            session.execute(delete(PipelineStepRow).where(PipelineStepRow.run == run))
            session.execute(delete(PipelineRunRow).where(PipelineRunRow.id == run))
            subjects.removed(session, RUN, [run])
    return len(ended)


def subject_of_pipeline(row: PipelineRow) -> Subject:
    """Return the subject of events about a pipeline."""
    return Subject(kind=PIPELINE, name=row.id, project=row.project)


def subject_of_run(row: PipelineRunRow) -> Subject:
    """Return the subject of events about a run."""
    return Subject(kind=RUN, name=row.id, project=row.project)


def _pipelines(session: Session, names: Sequence[str]) -> list[Document]:
    return [
        Document(
            subject=subject_of_pipeline(row), title=row.name, text=row.project, owner=row.created_by, created_at=row.created_at,
            page=f"/pipelines/{row.id}",
        )
        for row in session.scalars(select(PipelineRow).where(PipelineRow.id.in_(names)))
    ]  # fmt: skip


def _runs(session: Session, names: Sequence[str]) -> list[Document]:
    found = select(PipelineRunRow, PipelineRow.name).join(PipelineRow, PipelineRow.id == PipelineRunRow.pipeline)
    return [
        Document(
            subject=subject_of_run(row), title=f"{name}, version {row.version}", text=" ".join([row.state, row.reason]),
            owner=row.created_by, created_at=row.created_at, page=f"/pipeline-runs/{row.id}",
        )
        for row, name in session.execute(found.where(PipelineRunRow.id.in_(names)))
    ]  # fmt: skip
