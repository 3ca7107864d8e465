"""Models that run elsewhere, over HTTP."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from anyio.to_thread import run_sync as run_in_thread
from fastapi import Query, Request

from unshelf.contracts.errors import InvalidInput, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.deploy.elsewhere.folder import FolderOrder
from unshelf.deploy.elsewhere.folders import RecordFolders
from unshelf.deploy.elsewhere.messages import RecordColumns
from unshelf.deploy.elsewhere.record import RecordSent
from unshelf.deploy.elsewhere.registering import ElsewhereService, Registration
from unshelf.deploy.elsewhere.schemas import (
    RecordFault,
    RecordFileList,
    RecordFileView,
    RecordFolderList,
    RecordFolderRequest,
    RecordFolderView,
    RecordsTakenView,
    RegisteredElsewhere,
    RegistrationRequest,
)
from unshelf.deploy.elsewhere.tables_read import TableReader
from unshelf.deploy.elsewhere.taking import RecordIntake, RecordsTaken
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter

ARROW, LINES = "application/vnd.apache.arrow.stream", "application/x-ndjson"
_WRITE = [requires(Permission.RECORDS_WRITE, anywhere=True)]
_READ = [requires(Permission.RECORDS_READ, anywhere=True)]
_BODY = {
    "required": True,
    "content": {
        LINES: {"schema": {"type": "string", "description": "A record a line, as JSON."}},
        ARROW: {"schema": {"type": "string", "format": "binary", "description": "A table with a record a row."}},
    },
}
_lines = msgspec.json.Decoder(RecordSent)


def router(elsewhere: ElsewhereService, intake: RecordIntake, reader: TableReader, folders: RecordFolders) -> ApiRouter:
    """`POST /models`, `POST /models/{ref}/records` and `/record-folders`."""
    routes = ApiRouter(tags=["monitoring"])

    @routes.post(
        "/models",
        responses=problem_answers("not_found", "conflict"),
        dependencies=[requires(Permission.MODEL_DEPLOY, anywhere=True)],
        status_code=HTTPStatus.CREATED,
    )
    def register_model(wanted: RegistrationRequest, actor: CurrentActor) -> RegisteredElsewhere:
        """Register a model that runs on other infrastructure, or its next version, by its signature alone."""
        fields = wanted.model_dump() | {"classes": tuple(wanted.classes), "redact": tuple(wanted.redact)}
        return RegisteredElsewhere.model_validate(elsewhere.register(actor, Registration(**fields)))

    @routes.post(
        "/models/{ref}/records",
        responses=problem_answers(
            "malformed_request", "not_found", "conflict", "body_too_large", "unsupported_media_type"
        ),
        dependencies=[requires(Permission.RECORDS_WRITE, "ref")],
        openapi_extra={"requestBody": _BODY},
    )
    async def send_records(ref: str, request: Request, actor: CurrentActor) -> RecordsTakenView:
        """Send records of a model that runs elsewhere: JSON lines (up to 10,000 a call) or an Arrow stream.

        A record that was taken before, by its id, changes nothing; one that does not fit the signature is refused, the others are taken."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (ARROW, LINES):
            raise UnshelfError(
                f"Records come as {LINES} or {ARROW}.", code="unsupported_media_type", hint="Set Content-Type."
            )
        body = await request.body()
        take = reader.take_stream if kind == ARROW else _take_lines
        taken = await run_in_thread(take, actor, ref, body)
        return RecordsTakenView(
            accepted=taken.accepted, duplicates=taken.duplicates, refused=taken.refused,
            faults=[RecordFault.model_validate(fault) for fault in taken.faults],
        )  # fmt: skip

    def _take_lines(actor: Actor, ref: str, body: bytes) -> RecordsTaken:
        sent = []
        for row, line in enumerate(body.splitlines()):
            if line.strip():
                sent.append(_record(line, row))
        return intake.take(actor, ref, sent)

    _add_folders(routes, folders)
    return routes


def _record(line: bytes, row: int) -> RecordSent:
    try:
        return _lines.decode(line)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"Line {row + 1} is no record: {error}.", hint="docs/guides/models-elsewhere.md has its members."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnshelfError(f"Line {row + 1} is no JSON: {error}.", code="malformed_request") from None


def _add_folders(routes: ApiRouter, folders: RecordFolders) -> None:
    @routes.get("/record-folders", dependencies=_READ)
    def list_record_folders(
        actor: CurrentActor,
        model: Annotated[str | None, Query(max_length=64, description="Only those of this model.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> RecordFolderList:
        """List the folders that are watched for files of records, the newest first."""
        page = folders.list_for(actor, model=model, limit=limit, cursor=cursor)
        return RecordFolderList(folders=page.map(RecordFolderView.model_validate), next_cursor=page.next_cursor)

    @routes.post(
        "/record-folders",
        responses=problem_answers("not_found", "conflict"),
        dependencies=_WRITE,
        status_code=HTTPStatus.CREATED,
    )
    def watch_record_folder(wanted: RecordFolderRequest, actor: CurrentActor) -> RecordFolderView:
        """Have a folder or bucket of a connection watched: each file in it is taken in once."""
        order = FolderOrder(
            model=wanted.model, data=wanted.data, every_seconds=wanted.every_seconds,
            columns=RecordColumns(**wanted.columns.model_dump()),
        )  # fmt: skip
        return RecordFolderView.model_validate(folders.watch(actor, order))

    @routes.get("/record-folders/{id}/files", responses=problem_answers("not_found"), dependencies=_READ)
    def list_record_files(id: str, actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None) -> RecordFileList:
        """List the files of a folder that were taken in or can't be, the last first."""
        page = folders.files(actor, id, limit=limit, cursor=cursor)
        return RecordFileList(files=page.map(RecordFileView.model_validate), next_cursor=page.next_cursor)

    @routes.post("/record-folders/{id}/look", responses=problem_answers("not_found", "conflict"), dependencies=_WRITE)
    def look_into_record_folder(id: str, actor: CurrentActor) -> RecordFolderView:
        """Look into a folder now, and answer once its files are taken in."""
        return RecordFolderView.model_validate(folders.look_now(actor, id))

    @routes.delete(
        "/record-folders/{id}",
        responses=problem_answers("not_found"),
        dependencies=_WRITE,
        status_code=HTTPStatus.NO_CONTENT,
    )
    def forget_record_folder(id: str, actor: CurrentActor) -> None:
        """Watch a folder no longer. Its records stay."""
        folders.forget(actor, id)
