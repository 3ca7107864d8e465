"""Jobs that are started again: by schedules and triggers, and by sweeps with other parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from unshelf.contracts.errors import Conflict
from unshelf.contracts.permissions import Permission
from unshelf.develop.jobs.job import ENDED, JobOrder
from unshelf.develop.jobs.service import JobService
from unshelf.develop.jobs.submission import with_latest_data
from unshelf.develop.jobs.tables import JobRow
from unshelf.develop.sweeps.sweep import JobOutcome
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database

_JOBS_A_QUERY = 500


class JobsAgain:
    """Starts copies of jobs. Each copy has its original as its parent."""

    def __init__(self, database: Database, jobs: JobService) -> None:
        self._database = database
        self._jobs = jobs

    def require(self, actor: Actor, target: str) -> str:
        """Return the project of a job that the actor may run again. Raises NotFound or Forbidden."""
        project = self._jobs.show(actor, target).row.project
        actor.must(Permission.JOBS_RUN, project_scope(project))
        return project

    def start(
        self,
        actor: Actor,
        target: str,
        *,
        key: str,
        name: str = "",
        parameters: Mapping[str, Any] | None = None,
        same_data: bool = False,
    ) -> str:
        """Submit a copy with these parameters over its own, and return its id. The same key again returns the same id.

        It reads the latest of its data, as its references were written; `same_data`: what the original read."""

        def changed(order: JobOrder) -> JobOrder:
            latest = order if same_data else with_latest_data(order)
            return replace(
                latest, key=key, name=name or order.name, parameters={**order.parameters, **(parameters or {})}
            )

        (job,) = self._jobs.clone(actor, target, changed)
        return job

    def outcomes(self, jobs: Sequence[str]) -> dict[str, JobOutcome]:
        """Return how jobs are doing; those that are gone are left out."""
        found: dict[str, JobOutcome] = {}
        with self._database.read() as session:
            for start in range(0, len(jobs), _JOBS_A_QUERY):
                some = jobs[start : start + _JOBS_A_QUERY]
                for row in session.scalars(select(JobRow).where(JobRow.id.in_(some))):
                    found[row.id] = JobOutcome(
                        is_over=row.state in ENDED, succeeded=row.state == "succeeded", reason=row.reason,
                        results=row.results,
                    )  # fmt: skip
        return found

    def cancel(self, actor: Actor, job: str) -> None:
        """Ask for the end of a job; one that is over is no error."""
        try:
            self._jobs.cancel(actor, job)
        except Conflict:
            return
