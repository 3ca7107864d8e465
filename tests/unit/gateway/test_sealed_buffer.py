"""Bodies in shared memory: written once, then unchangeable for everybody; and their digest, computed beside."""

import asyncio
import fcntl
import os
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.http.exchange import ClientDisconnected
from unshelf.gateway.predict import body_reader as bodies
from unshelf.gateway.predict.body_reader import BodyReader
from unshelf.gateway.sealed_buffer import MOST_SHARED, SealedBuffer


class Sender:
    """Reads these pieces directly, and then does what the test wants."""

    def __init__(self, pieces: list[bytes], then: Callable[[], Any] = lambda: None, pause: float = 0.0) -> None:
        self._pieces = pieces
        self._then = then
        self._pause = pause

    async def read_directly(self, length: int, write: Callable[[bytes], None]) -> None:
        for piece in self._pieces:
            await asyncio.sleep(self._pause)
            write(piece)
        self._then()


def fail(error: BaseException) -> Callable[[], Any]:
    def give_up() -> None:
        raise error

    return give_up


def test_what_was_sealed_can_be_changed_by_nobody() -> None:
    body = SealedBuffer(10)
    body.write(b"01234")
    body.write(b"56789")
    body.seal()
    handed = os.dup(body.descriptor)
    for change in (lambda: body.write(b"x"), lambda: os.pwrite(handed, b"x", 0), lambda: os.truncate(handed, 0)):
        with pytest.raises(OSError, match="not permitted"):
            change()
    with pytest.raises(OSError, match="not permitted"):
        fcntl.fcntl(handed, fcntl.F_ADD_SEALS, 0)
    os.close(handed)
    body.close()
    body.close()
    assert (body.view, body.descriptor) == (b"0123456789", -1)


def test_nothing_is_left_open() -> None:
    before = psutil.Process().num_fds()
    body = SealedBuffer(1 << 20)
    body.close()
    del body
    assert psutil.Process().num_fds() == before


def test_there_are_only_so_many_at_a_time() -> None:
    bodies = [SealedBuffer(10) for _ in range(MOST_SHARED)]
    with pytest.raises(OSError, match="as many bodies are shared as may be"):
        SealedBuffer(10)
    for body in bodies:
        body.close()
    SealedBuffer(10).close()


def test_a_body_is_held_until_it_is_given_back() -> None:
    keeper, body, came = BodyReader(1 << 20), SealedBuffer(8), []
    holder = keeper.budget.holder("k", "tests", "")
    asyncio.run(keeper.read_shared(body, Sender([b"0123", b"4567"]), came.append, holder))  # type: ignore[arg-type]
    assert (keeper.budget.held, came, bytes(body.view)) == (8, [4, 8], b"01234567")
    keeper.budget.release(8, holder)
    assert keeper.budget.held == 0
    body.close()


@pytest.mark.parametrize(
    ("sender", "code", "detail"),
    [
        (
            Sender([b"0123"], fail(ClientDisconnected())),
            "malformed_request",
            "The connection ended before the whole body had come.",
        ),
        (Sender([b"0"] * 8, pause=0.1), "malformed_request", "The body took too long to arrive."),
        (Sender([b"0123"], fail(OSError(28, "No space"))), "overloaded", "has no memory for this body"),
    ],
    ids=["the client leaves", "it trickles in", "no memory"],
)
def test_a_body_that_does_not_come_whole_is_refused(
    monkeypatch: pytest.MonkeyPatch, sender: Sender, code: str, detail: str
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.2)
    keeper, body = BodyReader(1 << 20), SealedBuffer(8)
    with pytest.raises(ProblemError, match=detail) as caught:
        asyncio.run(keeper.read_shared(body, sender, lambda filled: None, keeper.budget.holder("k", "", "")))  # type: ignore[arg-type]
    assert (caught.value.code, keeper.budget.held) == (code, 0)
    body.close()
