"""Blobs over HTTP: how the files of a bundle arrive, each once, addressed by what it holds."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from anyio import CapacityLimiter
from anyio.from_thread import run as run_on_loop
from anyio.to_thread import run_sync as run_in_thread
from fastapi import APIRouter, Request, Response
from pydantic import Field

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.runtime.blobs.port import Blobs

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


def router(blobs: Blobs, max_bytes: int) -> APIRouter:
    """`POST /blobs/missing` and `PUT /blobs/{sha256}`."""
    routes = APIRouter(tags=["blobs"])
    # Uploads may be slow: with threads of their own they can't keep all others from the shared ones.
    threads = CapacityLimiter(_UPLOADS_AT_ONCE)

    @routes.post("/blobs/missing", dependencies=[requires(Permission.MODEL_DEPLOY, anywhere=True)])
    def find_missing(wanted: DigestsRequest) -> MissingDigests:
        """Which of these files are not here yet."""
        return MissingDigests(missing=blobs.missing(wanted.digests))

    @routes.put(
        "/blobs/{sha256}",
        status_code=201,
        dependencies=[requires(Permission.MODEL_DEPLOY, anywhere=True)],
        responses=problem_answers("malformed_request", "body_too_large")
        | {200: {"model": StoredBlob, "description": "It was here."}},
        openapi_extra={"requestBody": _BYTES_BODY},
    )
    async def put_blob(sha256: str, request: Request, response: Response) -> StoredBlob:
        """Store the body under its SHA-256: 201 when it is new, 200 when it was here."""

        def store() -> int:
            if not blobs.missing([sha256]):
                response.status_code = 200
            return blobs.put(sha256, _chunks(request), limit=max_bytes)

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
