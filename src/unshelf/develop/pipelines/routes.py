"""Pipelines over HTTP."""

from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.develop.pipelines.definition import PipelineRequest
from unshelf.develop.pipelines.run import RunState
from unshelf.develop.pipelines.runs import PipelineRuns
from unshelf.develop.pipelines.schemas import PipelineList, PipelineView, RunList, RunRequest, RunView
from unshelf.develop.pipelines.service import PipelineService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter

_READ = [requires(Permission.JOBS_READ, anywhere=True, hides=True)]
_RUN = [requires(Permission.JOBS_RUN, anywhere=True, hides=True)]
_MISSING = problem_answers("not_found")
_CONFLICT = problem_answers("not_found", "conflict")


def router(pipelines: PipelineService, runs: PipelineRuns) -> ApiRouter:
    """`/pipelines` and `/pipeline-runs`."""
    routes = ApiRouter(tags=["pipelines"])
    _add_pipelines(routes, pipelines, runs)
    _add_runs(routes, runs)
    return routes


def _add_pipelines(routes: ApiRouter, pipelines: PipelineService, runs: PipelineRuns) -> None:
    @routes.post("/pipelines", responses=_CONFLICT, status_code=201, dependencies=_RUN)
    def keep_pipeline(wanted: PipelineRequest, actor: CurrentActor) -> PipelineView:
        """Keep a pipeline whose files are all uploaded, as its name's next version unless the latest is the same."""
        return PipelineView.model_validate(pipelines.keep(actor, wanted))

    @routes.get("/pipelines", dependencies=_READ)
    def list_pipelines(
        actor: CurrentActor,
        project: Annotated[str | None, Query(max_length=64, description="Only those of this project.")] = None,
        name: Annotated[str | None, Query(max_length=80, description="Only those of this name.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> PipelineList:
        """List the pipelines that one may see, by name, with their last runs."""
        page = pipelines.list_for(actor, project=project, name=name, limit=limit, cursor=cursor)
        return PipelineList(pipelines=page.map(PipelineView.model_validate), next_cursor=page.next_cursor)

    @routes.get("/pipelines/{id}", responses=_MISSING, dependencies=_READ)
    def show_pipeline(
        id: str,
        actor: CurrentActor,
        version: Annotated[int | None, Query(ge=1, description="A version; the latest unless given.")] = None,
    ) -> PipelineView:
        """Show a pipeline with its steps and parameters."""
        return PipelineView.model_validate(pipelines.show(actor, id, version))

    @routes.delete("/pipelines/{id}", responses=_CONFLICT, status_code=204, dependencies=_RUN)
    def delete_pipeline(id: str, actor: CurrentActor) -> None:
        """Delete a pipeline that does not run, with its runs; their jobs stay."""
        pipelines.delete(actor, id)

    @routes.post("/pipelines/{id}/runs", responses=_CONFLICT, status_code=201, dependencies=_RUN)
    def begin_pipeline_run(id: str, wanted: RunRequest, actor: CurrentActor) -> RunView:
        """Run a pipeline. Data without a version are read as they are now, by all of its steps."""
        run = runs.begin(
            actor, id, parameters=wanted.parameters, version=wanted.version, fresh=wanted.fresh, parent=wanted.parent,
            key=wanted.key,
        )  # fmt: skip
        return RunView.model_validate(run)


def _add_runs(routes: ApiRouter, runs: PipelineRuns) -> None:
    @routes.get("/pipeline-runs", dependencies=_READ)
    def list_pipeline_runs(
        actor: CurrentActor,
        *,
        project: Annotated[str | None, Query(max_length=64, description="Only those of this project.")] = None,
        pipeline: Annotated[str | None, Query(max_length=26, description="Only those of this pipeline.")] = None,
        state: Annotated[RunState | None, Query(description="Only those in this state.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> RunList:
        """List the runs of pipelines that one may see, the newest first."""
        page = runs.list_for(actor, project=project, pipeline=pipeline, state=state, limit=limit, cursor=cursor)
        return RunList(runs=page.map(RunView.model_validate), next_cursor=page.next_cursor)

    @routes.get("/pipeline-runs/{id}", responses=_MISSING, dependencies=_READ)
    def show_pipeline_run(id: str, actor: CurrentActor) -> RunView:
        """Show a run with its steps."""
        return RunView.model_validate(runs.show(actor, id))

    @routes.post("/pipeline-runs/{id}/cancel", responses=_CONFLICT, dependencies=_RUN)
    def cancel_pipeline_run(id: str, actor: CurrentActor) -> RunView:
        """Cancel a run as a whole, with all that it has running."""
        return RunView.model_validate(runs.cancel(actor, id))

    @routes.post("/pipeline-runs/{id}/resume", responses=_CONFLICT, dependencies=_RUN)
    def resume_pipeline_run(id: str, actor: CurrentActor) -> RunView:
        """Have a run go on from what failed, was rejected or was cancelled; what is done stays."""
        return RunView.model_validate(runs.resume(actor, id))
