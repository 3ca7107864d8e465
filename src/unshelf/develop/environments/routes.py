"""Environments over HTTP."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from fastapi.responses import PlainTextResponse, StreamingResponse

from unshelf.contracts.permissions import Permission
from unshelf.develop.environments.builds import BuildService
from unshelf.develop.environments.details import EnvironmentDetails
from unshelf.develop.environments.named import NamedEnvironmentService
from unshelf.develop.environments.schemas import (
    Environment,
    EnvironmentAccessRequest,
    EnvironmentBuild,
    EnvironmentBuildAccepted,
    EnvironmentBuildList,
    EnvironmentBuildRequest,
    EnvironmentDetail,
    EnvironmentDiff,
    Environments,
    NamedEnvironmentChange,
    NamedEnvironmentDetail,
    NamedEnvironmentList,
)
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers, stream_answer
from unshelf.foundation.web.routers import ApiRouter

_MAY_READ = [requires(Permission.ENVIRONMENTS_READ, anywhere=True)]
_MAY_BUILD = [requires(Permission.ENVIRONMENTS_BUILD, anywhere=True, otherwise=Permission.ENVIRONMENTS_MANAGE)]
_MAY_MANAGE = [requires(Permission.ENVIRONMENTS_MANAGE)]
_Reason = Annotated[str, Query(max_length=1000, description="A sentence for those who read the events.")]


def router(
    environments: EnvironmentService, named: NamedEnvironmentService, details: EnvironmentDetails, builds: BuildService
) -> ApiRouter:
    """`/environments`: by hash and by name, and the builds that make new versions."""
    routes = ApiRouter(tags=["environments"])

    @routes.get("/environments", dependencies=_MAY_READ)
    def list_environments(actor: CurrentActor, limit: Limit = 1000, cursor: Cursor = None) -> Environments:
        """List the environments of the models that the actor may see, newest first."""
        page = environments.list_for(actor, limit=limit, cursor=cursor)
        return Environments(environments=page.map(Environment.model_validate), next_cursor=page.next_cursor)

    _add_names(routes, named)
    _add_builds(routes, builds)
    _add_references(routes, environments, details)
    return routes


def _add_names(routes: ApiRouter, named: NamedEnvironmentService) -> None:
    @routes.get("/environments/names", dependencies=_MAY_READ)
    def list_named_environments(
        actor: CurrentActor,
        *,
        project: Annotated[str | None, Query(max_length=64, description="Those of this project alone.")] = None,
        curated: Annotated[bool | None, Query(description="Whether they belong to the installation.")] = None,
        deprecated: Annotated[bool | None, Query(description="Whether all of it is deprecated.")] = None,
        in_use: Annotated[bool | None, Query(description="Whether anything runs in one of their versions.")] = None,
        limit: Limit = 1000,
        cursor: Cursor = None,
    ) -> NamedEnvironmentList:
        """List the named environments that the actor may see, by name."""
        page = named.list_for(
            actor, project=project, curated=curated, deprecated=deprecated, in_use=in_use, limit=limit, cursor=cursor
        )
        return NamedEnvironmentList(environments=page.items, next_cursor=page.next_cursor)

    @routes.get("/environments/names/{name}", responses=problem_answers("not_found"), dependencies=_MAY_READ)
    def show_named_environment(name: str, actor: CurrentActor) -> NamedEnvironmentDetail:
        """Show a named environment with its versions."""
        return named.show(actor, name)

    @routes.patch("/environments/names/{name}", responses=problem_answers("not_found"), dependencies=_MAY_BUILD)
    def change_named_environment(
        name: str, wanted: NamedEnvironmentChange, actor: CurrentActor
    ) -> NamedEnvironmentDetail:
        """Change its notes, deprecate it or a version of it, or make it the default."""
        return named.change(actor, name, wanted)

    @routes.put("/environments/names/{name}/access", responses=problem_answers("not_found"), dependencies=_MAY_MANAGE)
    def restrict_named_environment(
        name: str, wanted: EnvironmentAccessRequest, actor: CurrentActor
    ) -> NamedEnvironmentDetail:
        """Say who may use a curated environment: everybody, or some groups and projects."""
        return named.restrict(actor, name, wanted)

    @routes.delete(
        "/environments/names/{name}", responses=problem_answers("not_found"), status_code=204, dependencies=_MAY_BUILD
    )
    def delete_named_environment(
        name: str,
        actor: CurrentActor,
        version: Annotated[int | None, Query(ge=1, description="One version; without: all of it.")] = None,
        reason: _Reason = "",
    ) -> None:
        """Delete a version, or all of it. What uses an environment keeps it, by its hash."""
        named.delete(actor, name, version, reason=reason)


def _add_builds(routes: ApiRouter, builds: BuildService) -> None:
    @routes.post(
        "/environments/builds",
        responses=problem_answers("not_found", "conflict"),
        dependencies=_MAY_BUILD,
        status_code=HTTPStatus.ACCEPTED,
    )
    def begin_environment_build(wanted: EnvironmentBuildRequest, actor: CurrentActor) -> EnvironmentBuildAccepted:
        """Make the next version of a named environment. Follow its steps at /environments/builds/{id}/events."""
        return EnvironmentBuildAccepted(id=builds.begin(actor, wanted))

    @routes.get("/environments/builds", dependencies=_MAY_READ)
    def list_environment_builds(
        actor: CurrentActor,
        name: Annotated[str | None, Query(max_length=64, description="Those of this name alone.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> EnvironmentBuildList:
        """List the builds that the actor may see, the newest first."""
        page = builds.list_for(actor, name=name, limit=limit, cursor=cursor)
        return EnvironmentBuildList(builds=page.items, next_cursor=page.next_cursor)

    @routes.get("/environments/builds/{id}", responses=problem_answers("not_found"), dependencies=_MAY_READ)
    def show_environment_build(id: str, actor: CurrentActor) -> EnvironmentBuild:
        """Show how far a build is, and how it ended."""
        return builds.show(actor, id)

    @routes.post(
        "/environments/builds/{id}/cancel", responses=problem_answers("not_found", "conflict"), dependencies=_MAY_BUILD
    )
    def cancel_environment_build(id: str, actor: CurrentActor) -> EnvironmentBuild:
        """End a running build: its lock or build is stopped at once, and nothing of it stays. It then fails with `cancelled`."""
        return builds.cancel(actor, id)

    @routes.get(
        "/environments/builds/{id}/events",
        responses=stream_answer("application/x-ndjson", "An event a line.") | problem_answers("not_found"),
        dependencies=_MAY_READ,
        response_class=StreamingResponse,
    )
    def follow_environment_build(id: str, actor: CurrentActor) -> StreamingResponse:
        """Stream a build's events as JSON lines: past ones at once, the others as they happen; the last has the step `end`."""
        return StreamingResponse(_lines(builds.events(actor, id)), media_type="application/x-ndjson")


def _add_references(routes: ApiRouter, environments: EnvironmentService, details: EnvironmentDetails) -> None:
    @routes.get("/environments/{ref}", responses=problem_answers("not_found"), dependencies=_MAY_READ)
    def show_environment(ref: str, actor: CurrentActor) -> EnvironmentDetail:
        """Show an environment: its packages, its names, and who uses it. By a name, a hash, or a version of a model."""
        return details.show(actor, ref)

    @routes.get(
        "/environments/{ref}/lock",
        responses=problem_answers("not_found"),
        dependencies=_MAY_READ,
        response_class=PlainTextResponse,
    )
    def read_lock(ref: str, actor: CurrentActor) -> PlainTextResponse:
        """The pylock.toml: exact versions with hashes, fit for any installer that reads PEP 751."""
        return PlainTextResponse(environments.lock_for(actor, ref))

    @routes.get(
        "/environments/{ref}/archive",
        responses=stream_answer("application/x-tar", "The archive.") | problem_answers("not_found", "unavailable"),
        dependencies=_MAY_READ,
        response_class=StreamingResponse,
    )
    def export_environment(ref: str, actor: CurrentActor) -> StreamingResponse:
        """Stream a tar archive from which the environment is built again without a network: lock, requirements, wheels."""
        name, chunks = details.export(actor, ref)
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(chunks, media_type="application/x-tar", headers=headers)

    @routes.get("/environments/{ref}/diff/{other}", responses=problem_answers("not_found"), dependencies=_MAY_READ)
    def compare_environments(ref: str, other: str, actor: CurrentActor) -> EnvironmentDiff:
        """Compare the packages of two environments."""
        return details.diff(actor, ref, other)


async def _lines(events: AsyncIterator[str]) -> AsyncIterator[str]:
    async for event in events:
        yield event + "\n"
