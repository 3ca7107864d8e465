"""Sweeps over HTTP."""

from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.develop.sweeps.schemas import SweepList, SweepRequest, SweepView, TrialList, TrialView
from unshelf.develop.sweeps.service import SweepOrder, SweepService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter

_READ = [requires(Permission.JOBS_READ, anywhere=True, hides=True)]
_RUN = [requires(Permission.JOBS_RUN, anywhere=True, hides=True)]
_MISSING = problem_answers("not_found")


def router(sweeps: SweepService) -> ApiRouter:
    """`/sweeps`."""
    routes = ApiRouter(tags=["sweeps"])

    @routes.get("/sweeps", dependencies=_READ)
    def list_sweeps(
        actor: CurrentActor,
        project: Annotated[str | None, Query(description="Only those of this project.")] = None,
        job: Annotated[str | None, Query(description="Only those of this job.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> SweepList:
        """List the sweeps that one may see, the newest first."""
        page = sweeps.list_for(actor, project=project, job=job, limit=limit, cursor=cursor)
        return SweepList(sweeps=page.map(SweepView.model_validate), next_cursor=page.next_cursor)

    @routes.post("/sweeps", responses=_MISSING, status_code=201, dependencies=_RUN)
    def begin_sweep(wanted: SweepRequest, actor: CurrentActor) -> SweepView:
        """Run a job again with many parameters, and compare what each reached."""
        return SweepView.model_validate(sweeps.begin(actor, SweepOrder(**wanted.model_dump())))

    @routes.get("/sweeps/{id}", responses=_MISSING, dependencies=_READ)
    def show_sweep(id: str, actor: CurrentActor) -> SweepView:
        """Show a sweep with its best trial so far."""
        return SweepView.model_validate(sweeps.show(actor, id))

    @routes.get("/sweeps/{id}/trials", responses=_MISSING, dependencies=_READ)
    def list_trials(id: str, actor: CurrentActor, limit: Limit = 1000, cursor: Cursor = None) -> TrialList:
        """List the trials of a sweep, in the order in which they began."""
        page = sweeps.trials(actor, id, limit=limit, cursor=cursor)
        return TrialList(trials=page.map(TrialView.model_validate), next_cursor=page.next_cursor)

    @routes.post("/sweeps/{id}/cancel", responses=_MISSING, dependencies=_RUN)
    def cancel_sweep(id: str, actor: CurrentActor) -> SweepView:
        """Cancel a sweep and those of its jobs that are not over."""
        return SweepView.model_validate(sweeps.cancel(actor, id))

    return routes
