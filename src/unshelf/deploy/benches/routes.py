"""Benches over HTTP."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.deploy.benches.bench import BenchOrder
from unshelf.deploy.benches.schemas import BenchList, BenchRequest, BenchView
from unshelf.deploy.benches.service import BenchService
from unshelf.develop.jobs.views import uploaded_files
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter

_READ = [requires(Permission.JOBS_READ, anywhere=True, hides=True)]
_RUN = [requires(Permission.JOBS_RUN, anywhere=True, hides=True)]
_MISSING = problem_answers("not_found")
_CONFLICT = problem_answers("not_found", "conflict")


def router(benches: BenchService) -> ApiRouter:
    """`/benches`."""
    routes = ApiRouter(tags=["benches"])

    @routes.get("/benches", dependencies=_READ)
    def list_benches(
        *,
        actor: CurrentActor,
        project: Annotated[str | None, Query(description="Only those of this project.")] = None,
        model: Annotated[str | None, Query(description="Only those of this model.")] = None,
        version: Annotated[int | None, Query(ge=1, le=1 << 31, description="Only those of this version.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> BenchList:
        """List the benches that one may see, the newest first."""
        page = benches.list_for(actor, project=project, model=model, version=version, limit=limit, cursor=cursor)
        return BenchList(benches=page.map(BenchView.model_validate), next_cursor=page.next_cursor)

    @routes.post("/benches", responses=_CONFLICT, dependencies=_RUN, status_code=HTTPStatus.ACCEPTED)
    def begin_bench(wanted: BenchRequest, actor: CurrentActor) -> BenchView:
        """Measure a version on tiers: latency, throughput, memory, and what 1,000 predictions cost."""
        fields = wanted.model_dump(exclude={"files"})
        return BenchView.model_validate(benches.begin(actor, BenchOrder(**fields, files=uploaded_files(wanted.files))))

    @routes.get("/benches/{id}", responses=_MISSING, dependencies=_READ)
    def show_bench(id: str, actor: CurrentActor) -> BenchView:
        """Show a bench: how far it is, and what was measured on each tier."""
        return BenchView.model_validate(benches.show(actor, id))

    @routes.post("/benches/{id}/cancel", responses=_MISSING, dependencies=_RUN)
    def cancel_bench(id: str, actor: CurrentActor) -> BenchView:
        """End a bench and the job that it runs. One that has ended stays as it is."""
        return BenchView.model_validate(benches.cancel(actor, id))

    @routes.delete("/benches/{id}", responses=_CONFLICT, dependencies=_RUN, status_code=HTTPStatus.NO_CONTENT)
    def delete_bench(id: str, actor: CurrentActor) -> None:
        """Delete a bench that has ended."""
        benches.delete(actor, id)

    return routes
