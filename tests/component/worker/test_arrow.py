"""Arrow streams sent to a worker process: refused when damaged, and no bytes end it."""

import json
import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.support.arrow import stream
from tests.support.signatures import columns
from unshelf.contracts.protocols.frames import ARROW, NATIVE


@pytest.mark.parametrize("container", ["dicts", "pandas", "polars", "numpy"])
def test_damaged_streams_are_refused_and_the_worker_lives(start: Any, container: str) -> None:
    """Given streams with any bytes of them changed, then each is answered, never with a 500, by the same process."""
    signature = columns(container, a="int16?", s="string?", d="string", t="datetime?", j="json?")
    worker = start(
        files={"predict.py": "def predict(rows):\n    return [len(rows)] * len(rows)\n"},
        signature={"inputs": signature},
    )
    table = pa.table(
        {
            "a": pa.array([1, None, 3], "int64"), "s": ["x", "ä", None], "d": pa.array(["p", "q", "p"]).dictionary_encode(),
            "t": pa.array([1, 2, None], pa.timestamp("us")), "j": [[1], [], [2, None]],
        }
    )  # fmt: skip
    sound = stream(table)
    chance = random.Random(7)
    gateway = worker.gateway()
    assert gateway.ask(sound, protocol=ARROW).status == 200
    statuses = set()
    for _ in range(1500):
        body = bytearray(sound)
        for _ in range(chance.choice([1, 1, 2, 8])):
            body[chance.randrange(len(body))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        raw = bytes(body[: chance.randrange(len(body))]) if chance.random() < 0.2 else bytes(body)
        answer = gateway.ask(raw, protocol=ARROW, header=chance.randrange(2))
        statuses.add(answer.status)
        assert answer.status in (200, 400, 415, 422), answer.payload[-3000:]
    assert {200, 400} <= statuses


def test_a_large_frame_goes_beside_small_ones(start: Any) -> None:
    code = "def predict(array):\n    return array.sum(axis=1)\n"
    worker = start(files={"predict.py": code}, signature={"inputs": columns("numpy", a="float64", b="float64")})
    gateway = worker.gateway()
    values = np.arange(400_000, dtype="float64")
    body = stream(pa.table({"a": values, "b": values}))
    small, first = gateway.frame(json.dumps({"inputs": [[1, 2]]}).encode(), protocol=NATIVE)
    large, second = gateway.frame(body, protocol=ARROW, header=1)
    last, third = gateway.frame(json.dumps({"inputs": [[3, 4]]}).encode(), protocol=NATIVE)
    gateway.socket.sendall(first + second + third)
    answers = {answer.id: answer for answer in (gateway.receive() for _ in range(3))}
    assert (answers[small].json, answers[last].json) == ([3.0], [7.0])
    table = pa.ipc.open_stream(answers[large].payload).read_all()
    np.testing.assert_array_equal(table["output"].to_numpy(), values * 2)
