"""Data over HTTP."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import Query, Response
from fastapi.responses import StreamingResponse

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import MOST_DATA_PATH, MOST_VERSIONS, InvalidReference, parse_data_reference
from unshelf.develop.connections.service import ConnectionService, WantedConnection
from unshelf.develop.data import views
from unshelf.develop.data.schemas import (
    BindingDetail,
    BindingRequest,
    ConnectionDetail,
    ConnectionRequest,
    DataDetail,
    DataList,
    DataMoveRequest,
    DatasetAdded,
    DatasetRequest,
    DataSummary,
)
from unshelf.develop.data.service import DataService, reference_of
from unshelf.develop.datasets.service import DatasetService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import HIDES_INPUT, problem_answers, stream_answer
from unshelf.foundation.web.routers import ApiRouter

ARROW = "application/vnd.apache.arrow.stream"
_MOST_ROWS = 1_000_000_000
Version = Annotated[
    int | None, Query(ge=1, le=MOST_VERSIONS, description="A version of a dataset; the latest unless given.")
]
Path = Annotated[str, Query(max_length=MOST_DATA_PATH)]
ProjectName = Annotated[str | None, Query(max_length=64, description="Only what belongs to this project.")]
_READ = [requires(Permission.DATA_READ, anywhere=True, hides=True)]
_MANAGE = [requires(Permission.DATA_MANAGE, anywhere=True, hides=True)]


def router(data: DataService, datasets: DatasetService, connections: ConnectionService) -> ApiRouter:
    """`/data`."""
    routes = ApiRouter(tags=["data"])
    _add_reads(routes, data)
    _add_places(routes, connections)

    @routes.get("/data", dependencies=_READ)
    def list_data(
        actor: CurrentActor, project: ProjectName = None, limit: Limit = 1000, cursor: Cursor = None
    ) -> DataList:
        """List the datasets, connections and bindings that the actor may read, by name."""
        page = data.list_for(actor, project=project, limit=limit, cursor=cursor)
        return DataList(data=page.map(DataSummary.model_validate), next_cursor=page.next_cursor)

    @routes.post(
        "/data",
        status_code=201,
        responses=problem_answers("not_found", "conflict", "deadline_exceeded")
        | {200: {"model": DatasetAdded, "description": "The same content was a version already."}},
        dependencies=_MANAGE,
    )
    def add_dataset(wanted: DatasetRequest, actor: CurrentActor, response: Response) -> DatasetAdded:
        """Add a version of a dataset, made of files that were uploaded as blobs, and profile it."""
        version, is_new = datasets.add(
            actor, wanted.name, _files(wanted), project=wanted.project, description=wanted.description
        )
        if not is_new:
            response.status_code = 200
        return DatasetAdded(name=version.name, new=is_new, **views.to_version(version).model_dump())

    @routes.get("/data/{name}", responses=problem_answers("not_found"), dependencies=_READ)
    def show_data(name: str, actor: CurrentActor, version: Version = None) -> DataDetail:
        """A name and what it leads to: of a dataset its versions, with files, columns, profile and first rows of one."""
        return views.to_detail(data.show(actor, name, version))

    @routes.delete(
        "/data/{name}", responses=problem_answers("not_found", "conflict"), status_code=204, dependencies=_MANAGE
    )
    def delete_data(name: str, actor: CurrentActor, version: Version = None) -> None:
        """Delete a dataset with all its versions, or one of them; a connection; a binding."""
        data.delete(actor, name, version)

    @routes.put(
        "/data/{name}/project",
        responses=problem_answers("not_found", "conflict"),
        dependencies=[requires(Permission.PROJECT_MANAGE, anywhere=True, hides=True)],
    )
    def move_data(name: str, wanted: DataMoveRequest, actor: CurrentActor) -> DataSummary:
        """Give a dataset, connection or binding to another project, with its history. There it takes `data.manage`."""
        return DataSummary.model_validate(data.move(actor, name, wanted.project, reason=wanted.reason))

    return routes


def _add_reads(routes: ApiRouter, data: DataService) -> None:
    """Add the routes that rows and files are read by."""

    @routes.get(
        "/data/{name}/rows",
        responses=stream_answer(ARROW, "The rows as an Arrow stream.")
        | problem_answers("not_found", "deadline_exceeded"),
        dependencies=_READ,
        response_class=StreamingResponse,
    )
    def read_rows(
        name: str, actor: CurrentActor, version: Version = None, path: Path = "",
        rows: Annotated[int | None, Query(ge=0, le=_MOST_ROWS, description="Only the first rows.")] = None,
    ) -> StreamingResponse:  # fmt: skip
        """The rows of a dataset's version, or of a `path` in a connection, as an Arrow stream."""
        found = data.rows(actor, reference_of(name, version, path), rows=rows)
        headers = {"Content-Length": str(found.size), "X-Rows": str(found.rows)}
        return StreamingResponse(found.chunks(), media_type=ARROW, headers=headers)

    @routes.get(
        "/data/{name}/files",
        responses=stream_answer("application/octet-stream", "The file's bytes.") | problem_answers("not_found"),
        dependencies=_READ,
        response_class=StreamingResponse,
    )
    def read_file(name: str, actor: CurrentActor, path: Path, version: Version = None) -> StreamingResponse:
        """A file of a dataset's version, as it was added."""
        file, chunks = data.file(actor, name, version, path)
        headers = {
            "Content-Length": str(file.size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(path.rpartition('/')[2], safe='')}",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(chunks, media_type="application/octet-stream", headers=headers)


def _add_places(routes: ApiRouter, connections: ConnectionService) -> None:
    """Add the routes that set connections and bindings."""

    @routes.put(
        "/data/{name}/connection",
        responses=problem_answers("not_found", "conflict"),
        dependencies=_MANAGE,
        openapi_extra={HIDES_INPUT: True},
    )
    def set_connection(name: str, wanted: ConnectionRequest, actor: CurrentActor) -> ConnectionDetail:
        """Make a connection, or change it. Nobody sees its credentials again."""
        connection = connections.set(
            actor, name,
            WantedConnection(kind=wanted.kind, settings=wanted.settings, credentials=wanted.credentials),
            project=wanted.project, description=wanted.description,
        )  # fmt: skip
        return ConnectionDetail.model_validate(connection)

    @routes.put("/data/{name}/binding", responses=problem_answers("not_found", "conflict"), dependencies=_MANAGE)
    def set_binding(name: str, wanted: BindingRequest, actor: CurrentActor) -> BindingDetail:
        """Have a name lead to other data from now on: programs that read it by this name read that."""
        try:
            target = parse_data_reference(wanted.target)
        except InvalidReference as error:
            raise InvalidInput(f"{error}.") from None
        binding = connections.bind(actor, name, target, project=wanted.project, description=wanted.description)
        return views.to_binding(binding)


def _files(wanted: DatasetRequest) -> list[BundleFile]:
    try:
        return msgspec.convert(wanted.files, list[BundleFile])
    except msgspec.ValidationError as error:
        raise InvalidInput(f"The files can't be used: {error}.") from None
