"""Limits of bodies: by route, by the announced length, and by what really comes."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from tests.support.asgi import AppCaller
from unshelf.api.body_limit import DEFAULT_BODY_BYTES, BodyLimit


def client(reads: list[int]) -> AppCaller:
    """A client of an app that counts the bytes it reads; `PUT /blobs/…` takes 10 of them."""
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["POST", "PUT"])
    async def count(request: Request) -> int:
        reads.append(0)
        async for chunk in request.stream():
            reads[-1] += len(chunk)
        return reads[-1]

    app.add_middleware(BodyLimit, limits={("PUT", "/blobs/"): 10})
    return AppCaller(app)


def put(path: str, content: bytes | AsyncIterator[bytes]) -> tuple[httpx.Response, list[int]]:
    reads: list[int] = []
    return client(reads)("PUT", path, content=content), reads


def test_a_body_at_its_limit_is_read() -> None:
    answer, _ = put("/blobs/a", b"x" * 10)
    assert (answer.status_code, answer.json()) == (200, 10)


def test_a_body_that_is_announced_too_large_is_not_read() -> None:
    answer, reads = put("/blobs/a", b"x" * 11)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert "10 bytes" in answer.json()["detail"]
    assert reads == []


def test_a_body_without_a_length_is_read_no_further_than_its_limit() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 6

    answer, reads = put("/blobs/a", chunks())
    assert (answer.status_code, reads) == (413, [6])


@pytest.mark.parametrize(("method", "path"), [("POST", "/blobs/a"), ("PUT", "/other")])
def test_other_verbs_and_paths_have_the_default_limit(method: str, path: str) -> None:
    caller = client([])
    assert caller(method, path, content=b"x" * 11).json() == 11
    assert caller(method, path, content=b"x" * (DEFAULT_BODY_BYTES + 1)).status_code == 413
