"""Jobs over HTTP."""

from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import Query
from fastapi.responses import Response, StreamingResponse

from unshelf.contracts.permissions import Permission
from unshelf.develop.jobs.job import JobState
from unshelf.develop.jobs.schemas import (
    JobChange,
    JobDetail,
    JobList,
    JobRequest,
    JobSummary,
    SubmittedJobs,
)
from unshelf.develop.jobs.service import JobFilter, JobService
from unshelf.develop.jobs.sources.git import GitSource
from unshelf.develop.jobs.sources.schemas import GitRefsAnswer, GitRefsRequest
from unshelf.develop.jobs.views import changed_order, job_view, order_of_request
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers, stream_answer
from unshelf.foundation.web.routers import ApiRouter

_MAY_READ = [requires(Permission.JOBS_READ, anywhere=True)]
_MAY_RUN = [requires(Permission.JOBS_RUN, anywhere=True)]
_Attempt = Annotated[
    int | None, Query(ge=1, le=100, description="The number of an attempt; the last one unless given.")
]


def router(jobs: JobService) -> ApiRouter:
    """Submit, list, see, cancel, retry and copy: what each caller may see and do is known once the job's project is."""
    routes = ApiRouter(tags=["jobs"])

    @routes.post(
        "/jobs",
        responses=problem_answers("not_found", "conflict"),
        dependencies=_MAY_RUN,
        status_code=HTTPStatus.ACCEPTED,
    )
    def submit_job(wanted: JobRequest, actor: CurrentActor) -> SubmittedJobs:
        """Run a program whose files are all uploaded. Follow it at /jobs/{id}/events."""
        return SubmittedJobs(ids=jobs.submit(actor, order_of_request(wanted)))

    @routes.get("/jobs", dependencies=_MAY_READ)
    def list_jobs(
        actor: CurrentActor,
        *,
        project: Annotated[str | None, Query(max_length=64)] = None,
        state: Annotated[list[JobState] | None, Query(description="States; any of them.")] = None,
        tier: Annotated[str | None, Query(max_length=64)] = None,
        array: Annotated[str | None, Query(max_length=26, description="The first job of an array.")] = None,
        by: Annotated[str | None, Query(max_length=200, description="The label of who submitted them.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> JobList:
        """List the jobs that the actor may see, the newest first."""
        wanted = JobFilter(project=project, states=state or (), tier=tier, array=array, by=by)
        page = jobs.list_for(actor, wanted, limit=limit, cursor=cursor)
        return JobList(jobs=page.map(JobSummary.model_validate), next_cursor=page.next_cursor)

    @routes.get("/jobs/{id}", responses=problem_answers("not_found"), dependencies=_MAY_READ)
    def show_job(id: str, actor: CurrentActor) -> JobDetail:
        """A job: what was asked for, how far it is, what its attempts took and left."""
        return job_view(jobs.show(actor, id))

    @routes.post("/jobs/{id}/cancel", responses=problem_answers("not_found", "conflict"), dependencies=_MAY_RUN)
    def cancel_job(id: str, actor: CurrentActor) -> JobDetail:
        """End a job: its program has ten seconds from SIGTERM to save what it needs."""
        jobs.cancel(actor, id)
        return job_view(jobs.show(actor, id))

    @routes.post("/jobs/{id}/retry", responses=problem_answers("not_found", "conflict"), dependencies=_MAY_RUN)
    def retry_job(id: str, actor: CurrentActor) -> JobDetail:
        """Try a job once more that failed or was cancelled."""
        jobs.retry(actor, id)
        return job_view(jobs.show(actor, id))

    @routes.post(
        "/jobs/{id}/clone", responses=problem_answers("not_found", "conflict"), dependencies=_MAY_RUN,
        status_code=HTTPStatus.ACCEPTED,
    )  # fmt: skip
    def clone_job(id: str, wanted: JobChange, actor: CurrentActor) -> SubmittedJobs:
        """Run a changed copy of a job, which links to it."""
        return SubmittedJobs(ids=jobs.clone(actor, id, lambda order: changed_order(order, wanted)))

    return routes


def repositories_router(jobs: JobService) -> ApiRouter:
    """Look into git repositories, before a job is made of one."""
    routes = ApiRouter(tags=["jobs"])

    @routes.post(
        "/jobs/git/refs", responses=problem_answers("not_found", "conflict", "unavailable"), dependencies=_MAY_RUN
    )
    def list_git_refs(wanted: GitRefsRequest, actor: CurrentActor) -> GitRefsAnswer:
        """List the branches and tags of a repository, as a job of the project would find it."""
        source = GitSource(url=wanted.url, secret=wanted.secret)
        return GitRefsAnswer.model_validate(msgspec.to_builtins(jobs.git_refs(actor, wanted.project, source)))

    return routes


def leftovers_router(jobs: JobService) -> ApiRouter:
    """Follow a job, and read what it printed and left."""
    routes = ApiRouter(tags=["jobs"])

    @routes.get(
        "/jobs/{id}/events",
        responses=stream_answer("application/x-ndjson", "An event a line.") | problem_answers("not_found"),
        dependencies=_MAY_READ,
        response_class=StreamingResponse,
    )
    def follow_job(id: str, actor: CurrentActor, output: bool = True) -> StreamingResponse:
        """Stream a job's events as JSON lines, past ones at once: `state`, `output` (text that it printed), and last `end`."""
        return StreamingResponse(_lines(jobs.follow(actor, id, output=output)), media_type="application/x-ndjson")

    @routes.get(
        "/jobs/{id}/output",
        responses=stream_answer("text/plain", "The text.") | problem_answers("not_found"),
        dependencies=_MAY_READ,
        response_class=Response,
    )
    def read_job_output(
        id: str,
        actor: CurrentActor,
        attempt: _Attempt = None,
        offset: Annotated[int, Query(ge=0, le=1 << 40, description="The byte to begin with.")] = 0,
    ) -> Response:
        """Send what a job printed so far, as text."""
        part = jobs.output(actor, id, attempt, offset)
        return Response(
            part.data, media_type="text/plain; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"}
        )

    @routes.get(
        "/jobs/{id}/files",
        responses=stream_answer("application/octet-stream", "The file.") | problem_answers("not_found"),
        dependencies=_MAY_READ,
        response_class=StreamingResponse,
    )
    def read_job_file(
        id: str,
        path: Annotated[str, Query(max_length=1024, description="The path of the file, as the job lists it.")],
        actor: CurrentActor,
        attempt: _Attempt = None,
    ) -> StreamingResponse:
        """Send a file that a job left, as an attachment."""
        file, chunks = jobs.file(actor, id, path, attempt)
        name = quote(file.path.rpartition("/")[2], safe="")
        headers = {"Content-Length": str(file.size), "Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return StreamingResponse(_chunks(chunks), media_type="application/octet-stream", headers=headers)

    return routes


async def _lines(events: AsyncIterator[str]) -> AsyncIterator[str]:
    async for event in events:
        yield event + "\n"


def _chunks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks
