"""A worker whose version lets batches wait for more."""

import signal
import time
from typing import Any

DOUBLE = {"predict.py": "def predict(values):\n    return [value * 2 for value in values]\n"}
LONG = 3600.0


def test_a_batch_is_predicted_when_its_first_request_has_waited_long_enough(start: Any) -> None:
    gateway = start(files=DOUBLE, batch_wait_seconds=0.3).gateway()
    gateway.socket.sendall(gateway.frame(b'{"inputs": [1]}')[1])
    time.sleep(0.05)  # so that the worker reads them one by one
    gateway.socket.sendall(gateway.frame(b'{"inputs": [2]}')[1])
    first, second = gateway.receive(), gateway.receive()
    assert [first.json, second.json] == [[2.0], [4.0]]
    assert (first.rows, second.rows) == (2, 2)
    assert first.queue >= 300_000


def test_a_full_batch_waits_for_nobody(start: Any) -> None:
    gateway = start(files=DOUBLE, batch_wait_seconds=LONG, max_batch_rows=4).gateway()
    frames = [gateway.frame(b'{"inputs": [1, 2]}')[1] for _ in range(4)]
    gateway.socket.sendall(b"".join(frames))
    assert [gateway.receive().rows for _ in frames] == [4, 4, 4, 4]


def test_a_batch_full_of_bytes_waits_for_nobody(start: Any) -> None:
    gateway = start(files=DOUBLE, batch_wait_seconds=LONG, max_batch_bytes=15).gateway()
    assert gateway.ask({"inputs": [1]}).json == [2.0]


def test_who_sent_what_cant_be_read_does_not_wait(start: Any) -> None:
    gateway = start(files=DOUBLE, batch_wait_seconds=LONG).gateway()
    assert gateway.ask({"inputs": ["what"]}).status == 422


def test_what_waits_is_answered_when_the_worker_is_told_to_stop(start: Any) -> None:
    worker = start(files=DOUBLE, batch_wait_seconds=LONG)
    gateway = worker.gateway()
    gateway.socket.sendall(gateway.frame(b'{"inputs": [1]}')[1])
    gateway.ask({"inputs": ["the first one is read by the time that this one is answered"]})
    worker.process.send_signal(signal.SIGTERM)
    assert gateway.receive().json == [2.0]
    assert worker.wait() == 0


def test_a_cancelled_request_is_not_waited_for(start: Any) -> None:
    gateway = start(files=DOUBLE, batch_wait_seconds=LONG, max_batch_rows=2).gateway()
    cancelled, frame = gateway.frame(b'{"inputs": [1]}')
    gateway.socket.sendall(frame)
    gateway.socket.sendall(gateway.cancel(cancelled))
    frames = [gateway.frame(b'{"inputs": [2]}') for _ in range(2)]
    gateway.socket.sendall(b"".join(frame for _, frame in frames))
    assert {gateway.receive().id for _ in frames} == {id for id, _ in frames}


def test_without_proof_nobody_waits(start: Any) -> None:
    gateway = start(files=DOUBLE, batch_wait_seconds=LONG, batchable=False).gateway()
    assert gateway.ask({"inputs": [1]}).rows == 1
