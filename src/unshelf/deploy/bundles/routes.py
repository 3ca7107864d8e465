"""Blobs over HTTP: how the files of a bundle arrive, each once, addressed by what it holds."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from anyio import CapacityLimiter
from anyio.from_thread import run as run_on_loop
from anyio.to_thread import run_sync as run_in_thread
from fastapi import Query, Request, Response
from pydantic import Field

from unshelf.contracts.permissions import Permission
from unshelf.deploy.bundles.uploads import UploadService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.foundation.web.schemas import AnswerModel, RequestModel

_SENDER = requires(Permission.MODEL_DEPLOY, anywhere=True, otherwise=Permission.DATA_MANAGE)
_CHUNK_BYTES = 1024 * 1024
_UPLOADS_AT_ONCE = 16
_BYTES_BODY = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


class DigestsRequest(RequestModel):
    """The digests of files to deploy."""

    digests: Annotated[list[str], Field(max_length=10_000)]
    """The SHA-256 of each file, in lower-case hexadecimal."""


class MissingDigests(AnswerModel):
    """The files that have to be sent."""

    missing: list[str]
    """The digests of files to upload."""


class StoredBlob(AnswerModel):
    """A blob that is here."""

    sha256: str
    """The digest."""
    size: int
    """The bytes."""


def router(uploads: UploadService) -> ApiRouter:
    """`POST /blobs/missing` and `PUT /blobs/{sha256}`."""
    routes = ApiRouter(tags=["blobs"])
    # Uploads may be slow: with threads of their own they can't keep all others from the shared ones.
    threads = CapacityLimiter(_UPLOADS_AT_ONCE)

    @routes.post("/blobs/missing", dependencies=[_SENDER])
    def find_missing(wanted: DigestsRequest, actor: CurrentActor) -> MissingDigests:
        """Which of these files have to be sent: those that are not here, or that others have sent."""
        return MissingDigests(missing=uploads.missing(actor, wanted.digests))

    @routes.put(
        "/blobs/{sha256}",
        status_code=201,
        dependencies=[_SENDER],
        responses=problem_answers(
            "malformed_request", "not_found", "body_too_large", "quota_exceeded", "too_many_requests"
        )
        | {200: {"model": StoredBlob, "description": "It had no need to be sent."}},
        openapi_extra={"requestBody": _BYTES_BODY},
    )
    async def put_blob(
        sha256: str,
        request: Request,
        actor: CurrentActor,
        response: Response,
        project: Annotated[
            str | None, Query(max_length=64, description="The project whose quota of disk it counts to.")
        ] = None,
    ) -> StoredBlob:
        """Store the body under its SHA-256: 201, or 200 when there was no need to send it. For a day its sender may refer to it."""

        def store() -> int:
            if uploads.is_here(actor, sha256):
                response.status_code = 200
            announced = request.headers.get("content-length", "")
            size = int(announced) if announced.isdecimal() else None
            return uploads.store(actor, sha256, _chunks(request), project=project, size=size)

        return StoredBlob(sha256=sha256, size=await run_in_thread(store, limiter=threads))

    return routes


def _chunks(request: Request) -> Iterator[bytes]:
    """The body as it arrives, for a thread: each piece is fetched from the event loop, some at a time because a hop costs."""
    stream = request.stream()
    while chunk := run_on_loop(_next_chunk, stream):
        yield chunk


async def _next_chunk(stream: AsyncIterator[bytes]) -> bytes:
    gathered = bytearray()
    async for piece in stream:
        gathered += piece
        if len(gathered) >= _CHUNK_BYTES:
            break
    return bytes(gathered)
