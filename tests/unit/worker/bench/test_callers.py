"""Callers of a bench against a worker on paper: each waits for its answer, and all of what comes back is counted."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from unshelf.worker.bench.callers import TooSlow, WorkerHungUp, call, problem_of
from unshelf.worker.frames import LENGTH_BYTES, REQUEST, RESPONSE

Answer = Callable[[int], "tuple[int, bytes] | None"]


class PaperWorker:
    """Answers each connection in a thread of its own."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.address = str(path / "w")
        self.bodies: list[bytes] = []
        self._answer = answer
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.address)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while head := stream.read(REQUEST.size):
                length, id, *_ = REQUEST.unpack(head)
                self.bodies.append(stream.read(length + LENGTH_BYTES - REQUEST.size))
                answer = self._answer(len(self.bodies))
                if answer is None:
                    return
                status, payload = answer
                size = RESPONSE.size - LENGTH_BYTES + len(payload)
                connection.sendall(RESPONSE.pack(size, id, status, 0, 0, 1, 0, 0) + payload)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[Answer], PaperWorker]]:
    made: list[PaperWorker] = []

    def make(answer: Answer) -> PaperWorker:
        made.append(PaperWorker(tmp_path, answer))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_each_caller_asks_at_least_once_with_the_bodies_in_turn(worker: Callable[[Answer], PaperWorker]) -> None:
    serving = worker(lambda _: (200, b"[1]"))
    answers = call(serving.address, [b"a", b"b"], callers=3, seconds=0.0, timeout=5)
    assert (len(answers.latencies), answers.failed) == (3, 0)
    assert sorted(serving.bodies) == [b"a", b"a", b"b"]
    assert all(0 < each < answers.seconds * 1e9 + 1 for each in answers.latencies)


def test_large_requests_and_answers_come_whole(worker: Callable[[Answer], PaperWorker]) -> None:
    body, payload = b"x" * (3 << 20), b"y" * (2 << 20)
    serving = worker(lambda _: (200, payload))
    answers = call(serving.address, [body], callers=2, seconds=0.0, timeout=5)
    assert len(answers.latencies) == 2
    assert serving.bodies == [body, body]


def test_problems_are_counted_and_the_first_is_said(worker: Callable[[Answer], PaperWorker]) -> None:
    problem = json.dumps({"code": "invalid_input", "detail": "Not this.", "hint": "That."}).encode()
    answers = call(worker(lambda _: (422, problem)).address, [b"a"], callers=2, seconds=0.0, timeout=5)
    assert (len(answers.latencies), answers.failed, answers.problem) == (0, 2, "Not this. That.")


def test_a_worker_that_hangs_up_or_says_nothing_is_noticed(worker: Callable[[Answer], PaperWorker]) -> None:
    with pytest.raises(WorkerHungUp):
        call(worker(lambda _: None).address, [b"a"], callers=1, seconds=1.0, timeout=5)


def test_no_answer_in_time_is_too_slow(worker: Callable[[Answer], PaperWorker]) -> None:
    waiting = threading.Event()

    def never(_: int) -> None:
        waiting.wait(5)

    serving = worker(never)
    with pytest.raises(TooSlow):
        call(serving.address, [b"a"], callers=1, seconds=1.0, timeout=0.05)
    waiting.set()


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b"3"])
def test_a_problem_that_can_not_be_read_is_one_all_the_same(payload: bytes) -> None:
    assert problem_of(payload) == "The worker answered with a problem that can't be read."
