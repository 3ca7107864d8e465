"""A worker's connection, on real sockets: large bodies by their descriptors, all frames in their order, and bytes where that can't be."""

import asyncio
import gc
import os
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvloop

from unshelf.contracts.protocols import frames
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.sealed_buffer import SealedBuffer
from unshelf.gateway.workers.connection import WorkerConnection

BODY = os.urandom(2 << 20)


class Owner:
    """See connection.ConnectionOwner: notes what is reported."""

    def __init__(self) -> None:
        self.orphans: list[Prediction] = []
        self.told = asyncio.Event()

    def on_chunk(self, prediction: Any) -> None:
        """See Owner."""

    def on_answers(self, connection: WorkerConnection, answered: list[Prediction]) -> None:
        """See Owner."""

    def on_lost(self, connection: WorkerConnection, orphans: list[Prediction]) -> None:
        """See Owner."""
        self.orphans += orphans
        self.told.set()


class Worker:
    """The other end, which reads when it is told to."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.socket: Any = None
        self._received = b""
        self.descriptors: list[int] = []

    def accept(self) -> None:
        self.socket, _ = self._listener.accept()
        self.socket.settimeout(60)

    def requests(self, count: int) -> list[tuple[int, int, bytes]]:
        """The next requests: id, kind and body; the id of one whose body was handed over is negative."""
        return [self._request() for _ in range(count)]

    def _request(self) -> tuple[int, int, bytes]:
        length, number, kind, _, flags, _ = frames.REQUEST.unpack(self._take(frames.REQUEST.size))
        body = self._take(length - frames.REQUEST.size + frames.LENGTH_BYTES)
        if not flags & frames.BODY_BY_FD:
            return number, kind, body
        descriptor = self.descriptors.pop(0)
        whole = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        os.close(descriptor)
        assert frames.HANDED.unpack(body) == (len(whole),)
        return -number, kind, whole

    def _take(self, size: int) -> bytes:
        while len(self._received) < size:
            data, descriptors, _, _ = socket.recv_fds(self.socket, 1 << 20, 8)
            assert data
            self._received += data
            self.descriptors += descriptors
        taken, self._received = self._received[:size], self._received[size:]
        return taken


def small(number: int) -> Prediction:
    prediction = Prediction("k", "iris", "native")
    prediction.wire_protocol, prediction.body = frames.NATIVE, b"small %d" % number
    return prediction


def large(body: SealedBuffer) -> Prediction:
    prediction = Prediction("k", "iris", "arrow")
    prediction.wire_protocol, prediction.shared, prediction.pieces = frames.ARROW, body, (body.view,)
    return prediction


def shared(content: bytes = BODY) -> SealedBuffer:
    body = SealedBuffer(len(content))
    body.write(content)
    body.seal()
    return body


Story = Callable[[WorkerConnection, Worker, Owner], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Story], None]:
    """Run a story with a connection on the gateway's event loop and the worker's end of it; afterwards nothing is left open."""

    async def run(story: Story) -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(tmp_path / "w"))
            listener.listen(1)
            worker, owner = Worker(listener), Owner()
            _, connection = await asyncio.get_running_loop().create_unix_connection(
                lambda: WorkerConnection(owner, "w"), str(tmp_path / "w")
            )
            worker.accept()
            with worker.socket:
                await story(connection, worker, owner)
                connection.retire()
                connection._give_up()

    def play_it(story: Story) -> None:
        uvloop.run(asyncio.sleep(0))  # what a process opens once for its loops
        gc.freeze()  # what was made before takes a second to look through
        try:
            before = psutil.Process().num_fds()
            uvloop.run(run(story))
            gc.collect()
            assert psutil.Process().num_fds() == before
        finally:
            gc.unfreeze()

    return play_it


def test_frames_go_in_the_order_in_which_they_were_sent(play: Callable[[Story], None]) -> None:
    async def story(connection: WorkerConnection, worker: Worker, owner: Owner) -> None:
        body = shared()
        for number in (1, 2):
            connection.send(small(number))
        withdrawn = small(3)
        connection.send(withdrawn)
        connection.cancel(withdrawn)
        connection.send(large(body))
        connection.send(small(5))
        connection.send(large(body))
        got = await asyncio.to_thread(worker.requests, 7)
        assert [(number, kind) for number, kind, _ in got] == [(1, 1), (2, 1), (3, 1), (3, 2), (-4, 1), (5, 1), (-6, 1)]
        assert [got[4][2], got[6][2]] == [BODY, BODY]
        body.close()

    play(story)


def test_behind_what_the_worker_has_not_read_the_bytes_go_themselves(play: Callable[[Story], None]) -> None:
    """Given a socket that is full, then the body waits behind what waits there, and later ones are handed over again."""

    async def story(connection: WorkerConnection, worker: Worker, owner: Owner) -> None:
        body = shared()
        flood = Prediction("k", "iris", "native")
        flood.wire_protocol, flood.body = frames.NATIVE, bytes(8 << 20)
        connection.send(flood)
        await asyncio.sleep(0)
        connection.send(large(body))
        connection.send(small(3))
        body.close()  # its bytes are still to go
        got = await asyncio.to_thread(worker.requests, 3)
        assert [number for number, _, _ in got] == [1, 2, 3]
        assert got[1][2] == BODY
        again = shared()
        connection.send(large(again))
        assert await asyncio.to_thread(worker.requests, 1) == [(-4, 1, BODY)]
        again.close()

    play(story)


def test_a_body_whose_descriptor_is_closed_goes_as_bytes(play: Callable[[Story], None]) -> None:
    async def story(connection: WorkerConnection, worker: Worker, owner: Owner) -> None:
        body = shared()
        body.close()
        connection.send(large(body))
        assert await asyncio.to_thread(worker.requests, 1) == [(1, 1, BODY)]

    play(story)


def test_a_worker_that_dies_leaves_the_request_to_be_sent_again(play: Callable[[Story], None]) -> None:
    async def story(connection: WorkerConnection, worker: Worker, owner: Owner) -> None:
        body = shared()
        prediction = large(body)
        connection.send(prediction)
        worker.socket.close()
        await asyncio.wait_for(owner.told.wait(), 20)
        assert owner.orphans == [prediction]
        again = large(body)
        connection.send(again)  # nobody is there: it is not lost, but nothing is done either
        assert list(connection.pending.values()) == [again]
        body.close()

    play(story)


def respond(number: int, payload: bytes, *, status: int = 200) -> bytes:
    return frames.RESPONSE.pack(len(payload) + 24, number, status, frames.SCORES, 0, 1, 5, 7) + payload


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "in two"])
def test_scores_are_kept_for_the_record_and_not_sent_on(cut: bool) -> None:
    async def story() -> None:
        connection, prediction = WorkerConnection(Owner(), "unix:none"), small(1)
        connection.pending = {1: prediction}
        data = respond(1, frames.SCORES_LENGTH.pack(6) + b"scores[0.5]")
        for piece in (data[:30], data[30:]) if cut else (data,):
            connection.data_received(piece)
        assert (prediction.status, prediction.scores, prediction.output) == (200, b"scores", b"[0.5]")
        assert (prediction.predict_us, connection.pending) == (7, {})

    asyncio.run(story())


@pytest.mark.parametrize("payload", [b"", b"abc", frames.SCORES_LENGTH.pack(9) + b"scores"])
def test_a_worker_whose_scores_do_not_fit_its_answer_is_given_up(payload: bytes) -> None:
    async def story() -> None:
        connection, prediction = WorkerConnection(Owner(), "unix:none"), small(1)
        connection.pending = {1: prediction}
        connection.data_received(respond(1, payload))
        assert (connection.stopping, prediction.status) == (True, 0)

    asyncio.run(story())


def test_a_refusal_of_a_worker_that_sends_scores_has_none() -> None:
    async def story() -> None:
        connection, prediction = WorkerConnection(Owner(), "unix:none"), small(1)
        connection.pending = {1: prediction}
        connection.data_received(respond(1, b'{"code": "invalid_input", "detail": "no"}', status=422))
        assert (prediction.status, prediction.code, prediction.scores) == (422, "invalid_input", None)

    asyncio.run(story())
