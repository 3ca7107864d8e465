"""Scorings over HTTP."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from fastapi.responses import StreamingResponse

from unshelf.contracts.permissions import Permission
from unshelf.deploy.scorings.schemas import ScoringList, ScoringRequest, ScoringSummary, ScoringView
from unshelf.deploy.scorings.scoring import ScoringOrder
from unshelf.deploy.scorings.service import ScoringService
from unshelf.develop.jobs.views import uploaded_files
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers, stream_answer
from unshelf.foundation.web.routers import ApiRouter

_READ = [requires(Permission.JOBS_READ, anywhere=True, hides=True)]
_RUN = [requires(Permission.JOBS_RUN, anywhere=True, hides=True)]
_MISSING = problem_answers("not_found")
_CONFLICT = problem_answers("not_found", "conflict")


def router(scorings: ScoringService) -> ApiRouter:
    """`/scorings`."""
    routes = ApiRouter(tags=["scorings"])

    @routes.get("/scorings", dependencies=_READ)
    def list_scorings(
        actor: CurrentActor,
        project: Annotated[str | None, Query(description="Only those of this project.")] = None,
        model: Annotated[str | None, Query(description="Only those of this model.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> ScoringList:
        """List the scorings that one may see, the newest first."""
        page = scorings.list_for(actor, project=project, model=model, limit=limit, cursor=cursor)
        return ScoringList(scorings=page.map(ScoringSummary.model_validate), next_cursor=page.next_cursor)

    @routes.post("/scorings", responses=_CONFLICT, dependencies=_RUN, status_code=HTTPStatus.ACCEPTED)
    def begin_scoring(wanted: ScoringRequest, actor: CurrentActor) -> ScoringView:
        """Predict all rows of some data with one version, as a job."""
        fields = wanted.model_dump(exclude={"files"})
        return ScoringView.model_validate(
            scorings.begin(actor, ScoringOrder(**fields, files=uploaded_files(wanted.files)))
        )

    @routes.get("/scorings/{id}", responses=_MISSING, dependencies=_READ)
    def show_scoring(id: str, actor: CurrentActor) -> ScoringView:
        """Show a scoring: how far it is, what came of it, and the first rows that failed."""
        return ScoringView.model_validate(scorings.show(actor, id))

    @routes.post("/scorings/{id}/cancel", responses=_MISSING, dependencies=_RUN)
    def cancel_scoring(id: str, actor: CurrentActor) -> ScoringView:
        """End a scoring and its job. One that has ended stays as it is."""
        return ScoringView.model_validate(scorings.cancel(actor, id))

    @routes.delete("/scorings/{id}", responses=_CONFLICT, dependencies=_RUN, status_code=HTTPStatus.NO_CONTENT)
    def delete_scoring(id: str, actor: CurrentActor) -> None:
        """Delete a scoring that has ended, with the results that are kept here."""
        scorings.delete(actor, id)

    @routes.get(
        "/scorings/{id}/files",
        responses=stream_answer("application/octet-stream", "The file.") | _MISSING,
        dependencies=_READ,
        response_class=StreamingResponse,
    )
    def read_scoring_file(
        id: str,
        path: Annotated[str, Query(max_length=100, description="The name of the file, as the scoring lists it.")],
        actor: CurrentActor,
    ) -> StreamingResponse:
        """Send a file of results, as an attachment."""
        file, chunks = scorings.file(actor, id, path)
        name = quote(file.path, safe="")
        headers = {"Content-Length": str(file.size), "Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return StreamingResponse(_chunks(chunks), media_type="application/octet-stream", headers=headers)

    return routes


def _chunks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks
