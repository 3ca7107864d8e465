"""A slow model that is asked more than it can do in time: it does what it can, and says so to the rest at once."""

import time
from typing import Any

import pytest

SLOW = (
    "import time\ndef predict(values):\n    time.sleep({0} * len(values))\n    return [value * 2 for value in values]\n"
)
ROW_SECONDS = 0.1
TIMEOUT = 3.0
CALLERS = 45
FIT = int(TIMEOUT / ROW_SECONDS)


@pytest.mark.parametrize("shared", [True, False])
def test_an_overload_is_answered_as_far_as_there_is_time_and_refused_at_once_beyond(start: Any, shared: bool) -> None:
    """Given 45 callers at once and a model that has time for 30, then nine in ten of those are answered in time, and the rest hear
    when to come again long before the time is over."""
    worker = start(files={"predict.py": SLOW.format(ROW_SECONDS)}, timeout=TIMEOUT, batchable=shared)
    gateway = worker.gateway()
    gateway.ask({"inputs": [1]})
    began = time.monotonic()
    gateway.socket.sendall(b"".join(gateway.frame(b'{"inputs": [3]}')[1] for _ in range(CALLERS)))
    answers = []
    for _ in range(CALLERS):
        answer = gateway.receive()
        answers.append((answer, time.monotonic() - began))

    in_time = [answer for answer, seconds in answers if answer.status == 200 and seconds <= TIMEOUT]
    refused = [(answer, seconds) for answer, seconds in answers if answer.status == 503]
    assert len(in_time) >= 0.9 * FIT
    assert all(answer.json == [6.0] for answer in in_time)
    assert len(refused) >= CALLERS - FIT
    assert all(answer.json["code"] == "overloaded" and answer.json["retry_after"] >= 1 for answer, _ in refused)
    assert max(seconds for _, seconds in refused) < TIMEOUT / 2
    assert {answer.rows for answer in in_time} <= {1, 2, 3}


def test_a_request_that_is_alone_is_never_refused(start: Any) -> None:
    gateway = start(files={"predict.py": SLOW.format(0.2)}, timeout=1.0).gateway()
    for _ in range(3):
        assert gateway.ask({"inputs": [1]}).status == 200
    assert gateway.ask({"inputs": [1] * 7}).status == 200


def test_a_large_request_is_refused_and_small_ones_behind_it_are_not(start: Any) -> None:
    gateway = start(files={"predict.py": SLOW.format(0.1)}, timeout=2.0).gateway()
    for _ in range(2):
        gateway.ask({"inputs": [1]})
    bodies = [b'{"inputs": [1, 1, 1]}', b'{"inputs": [' + b"1," * 30 + b"1]}", *[b'{"inputs": [1]}'] * 9]
    frames = [gateway.frame(body) for body in bodies]
    gateway.socket.sendall(b"".join(frame for _, frame in frames))
    statuses = {(answer := gateway.receive()).id: answer.status for _ in frames}
    assert [statuses[number] for number, _ in frames] == [200, 503, *[200] * 9]
