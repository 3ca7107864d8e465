"""A worker process predicts bodies that come as descriptors."""

from typing import Any

import numpy as np
import psutil
import pyarrow as pa

from tests.support.arrow import stream
from tests.support.descriptors import frame, hand, memory
from unshelf.contracts.protocols.frames import ARROW, HANDED


def test_a_worker_predicts_what_it_was_handed_and_keeps_nothing_open(start: Any) -> None:
    inputs = {"kind": "columns", "columns": [{"name": "x", "type": "float64"}], "container": "numpy"}
    code = "def predict(rows):\n    return rows.sum(axis=1)\n"
    worker = start(files={"predict.py": code}, signature={"inputs": inputs})
    gateway = worker.gateway()
    values = np.arange(300_000, dtype="float64")
    body = stream(pa.table({"x": values}))

    def ask(number: int) -> Any:
        hand(gateway.socket, frame(number, HANDED.pack(len(body))), memory(body))
        return gateway.receive()

    assert ask(1).json == values.tolist()
    open_then = psutil.Process(worker.process.pid).num_fds()
    for number in range(2, 8):
        answer = ask(number)
        assert (answer.id, answer.status) == (number, 200)
    assert psutil.Process(worker.process.pid).num_fds() == open_then

    gateway.socket.sendall(frame(9, HANDED.pack(3)))
    assert gateway.hung_up()
    assert worker.gateway().ask(body, protocol=ARROW).status == 200
