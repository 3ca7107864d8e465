"""Blobs over HTTP: how the files of a bundle arrive, each once, addressed by what it holds."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from anyio import CapacityLimiter
from anyio.from_thread import run as run_on_loop
from anyio.to_thread import run_sync as run_in_thread
from fastapi import APIRouter, Request, Response
from pydantic import Field

from unshelf.contracts.permissions import Permission
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.runtime.blobs.port import Blobs, checked_digest

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


def router(blobs: Blobs, uploads: BlobUploads, max_bytes: int) -> APIRouter:
    """`POST /blobs/missing` and `PUT /blobs/{sha256}`."""
    routes = APIRouter(tags=["blobs"])
    # Uploads may be slow: with threads of their own they can't keep all others from the shared ones.
    threads = CapacityLimiter(_UPLOADS_AT_ONCE)

    @routes.post("/blobs/missing", dependencies=[_SENDER])
    def find_missing(wanted: DigestsRequest, actor: CurrentActor) -> MissingDigests:
        """Which of these files have to be sent: those that are not here, or that others have sent."""
        digests = list(dict.fromkeys(map(checked_digest, wanted.digests)))
        mine = uploads.referable(actor, digests)
        stored = mine.difference(blobs.missing(mine))
        return MissingDigests(missing=[each for each in digests if each not in stored])

    @routes.put(
        "/blobs/{sha256}",
        status_code=201,
        dependencies=[_SENDER],
        responses=problem_answers("malformed_request", "body_too_large")
        | {200: {"model": StoredBlob, "description": "It had no need to be sent."}},
        openapi_extra={"requestBody": _BYTES_BODY},
    )
    async def put_blob(sha256: str, request: Request, actor: CurrentActor, response: Response) -> StoredBlob:
        """Store the body under its SHA-256: 201, or 200 when there was no need to send it. For a day its sender may refer to it."""

        def store() -> int:
            if uploads.referable(actor, [sha256]) and not blobs.missing([sha256]):
                response.status_code = 200
            size = blobs.put(sha256, _chunks(request), limit=max_bytes)
            uploads.note(actor, sha256)
            return size

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
