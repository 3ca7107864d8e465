"""One caller at its worst in front of a gateway: it is bounded, and the other callers are answered."""

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx
import psutil
import pytest

from tests.component.gateway.stage import Stage
from tests.component.gateway.test_grpc import METHOD, free_port
from tests.support.routes import hashed, one_model
from unshelf.contracts.routing import KeyRoute

grpc = pytest.importorskip("grpc")

MIB = 1 << 20
BAD = "unshelf_" + "b" * 43


@pytest.fixture(scope="module")
def served() -> Iterator[Stage]:
    with closing(Stage(max_body_bytes=32 * MIB, grpc_port=free_port())) as stage:
        bad = KeyRoute(id="bad", name="bad", permissions=("model.predict",), models=["iris"])
        stage.publish({"iris": one_model(project="theirs"), "other": one_model(project="ours")}, {hashed(BAD): bad})
        yield stage


def memory(stage: Stage) -> int:
    return int(psutil.Process(stage.process.pid).memory_info().rss)


@contextmanager
def sender(stage: Stage, *headers: str, token: str = BAD, receive: int = 0) -> Iterator[socket.socket]:
    with socket.socket() as connection:
        if receive:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", stage.port))
        lines = [
            "POST /models/iris/predict HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}",
            "Content-Type: application/json", *headers, "", "",
        ]  # fmt: skip
        connection.sendall("\r\n".join(lines).encode())
        yield connection


def others_are_answered(stage: Stage) -> None:
    for content in (b'{"inputs":[1]}', b'{"inputs":["' + b"x" * (30 * MIB) + b'"]}'):
        answer = stage.client.post("/models/other/predict", content=content)
        assert answer.status_code == 200, answer.text


def test_bodies_that_are_announced_and_do_not_come_hold_nothing(served: Stage) -> None:
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(sender(served, f"Content-Length: {32 * MIB}")).sendall(b" " * 20_000)
        others_are_answered(served)


def test_bodies_that_came_and_are_never_finished_leave_room_for_others(served: Stage) -> None:
    """The same with chunks, whose size nobody announced: half of the room is left."""
    told = []

    def fill(connection: socket.socket) -> None:
        piece = b"100000\r\n" + b" " * MIB + b"\r\n"
        try:
            for _ in range(30):
                connection.sendall(piece)
        except OSError:
            told.append("cut")

    with ExitStack() as stack:
        senders = [stack.enter_context(sender(served, "Transfer-Encoding: chunked")) for _ in range(20)]
        threads = [threading.Thread(target=fill, args=(each,), daemon=True) for each in senders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        others_are_answered(served)
        assert memory(served) < 700 * MIB


@pytest.mark.long
def test_small_bodies_that_become_large_are_counted_while_they_do(served: Stage) -> None:
    bomb = gzip.compress(bytes(32 * MIB - 100), 9)
    before, told = memory(served), []

    def send() -> None:
        with httpx.Client(base_url=served.url, timeout=60) as client:
            headers = {"Authorization": f"Bearer {BAD}", "Content-Encoding": "gzip"}
            told.append(client.post("/models/iris/predict", content=bomb, headers=headers).status_code)

    threads = [threading.Thread(target=send) for _ in range(40)]
    for thread in threads:
        thread.start()
    others_are_answered(served)
    for thread in threads:
        thread.join()
    assert set(told) <= {200, 400, 429}
    assert memory(served) - before < 700 * MIB


@pytest.mark.long
def test_answers_that_nobody_reads_are_bounded(served: Stage) -> None:
    body = b'{"inputs":["' + b"x" * (20 * MIB) + b'"]}'
    before = memory(served)
    with ExitStack() as stack:
        for _ in range(30):
            connection = stack.enter_context(sender(served, f"Content-Length: {len(body)}", receive=4096))
            connection.sendall(body)
        others_are_answered(served)
        assert memory(served) - before < 600 * MIB


def test_messages_of_strangers_are_not_read(served: Stage) -> None:
    before = memory(served)
    address = f"127.0.0.1:{served._config['grpc_port']}"
    with grpc.insecure_channel(address, options=[("grpc.max_send_message_length", -1)]) as channel:
        infer = channel.unary_unary(METHOD + "ModelInfer")
        calls = [infer.future(bytes(32 * MIB), metadata=(("authorization", "Bearer no"),)) for _ in range(20)]
        assert {call.code() for call in calls} == {grpc.StatusCode.UNAUTHENTICATED}
    assert memory(served) - before < 250 * MIB  # of 640 that were sent


@pytest.mark.long
def test_messages_of_one_key_are_bounded_by_its_share(served: Stage) -> None:
    before = memory(served)
    address = f"127.0.0.1:{served._config['grpc_port']}"
    with grpc.insecure_channel(address, options=[("grpc.max_send_message_length", -1)]) as channel:
        infer = channel.unary_unary(METHOD + "ModelInfer")
        calls = [infer.future(bytes(30 * MIB), metadata=(("authorization", f"Bearer {BAD}"),)) for _ in range(30)]
        others_are_answered(served)
        codes = {call.code() for call in calls}
    assert codes <= {
        grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE,
    }  # fmt: skip
    assert memory(served) - before < 700 * MIB
