"""Jobs as users of environments."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.uses.environment_uses import EnvironmentUse


class JobUses:
    """Tells which jobs ran in an environment, or will."""

    def of_environments(
        self, session: Session, actor: Actor, hashes: Sequence[str], *, most: int
    ) -> list[EnvironmentUse]:
        """Return the jobs that the actor may see, the newest first."""
        seen = in_visible_project(JobRow.project, actor, Permission.JOBS_READ)
        query = select(JobRow.environment, JobRow.id).where(JobRow.environment.in_(hashes), seen)
        return [
            EnvironmentUse(environment=str(environment), kind="job", name=job, page=f"/jobs/{job}")
            for environment, job in session.execute(query.order_by(JobRow.id.desc()).limit(most))
        ]
