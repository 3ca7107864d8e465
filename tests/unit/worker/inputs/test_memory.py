"""The memory of large arrays is used again by the next, unless somebody still holds it, and not kept for longer than a minute."""

import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.component.worker.conftest import Gateway
from tests.support.arrow import Function, stream
from tests.support.signatures import columns, tensors
from unshelf.contracts.protocols.frames import ARROW
from unshelf.worker.encoding.v2_tensor import V2Tensor
from unshelf.worker.engine import Engine
from unshelf.worker.inputs import memory as memory_module
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import USED_AGAIN_FROM_BYTES, ArrayMemory
from unshelf.worker.process.report import Reporter, Usage
from unshelf.worker.server import Server

ROWS = USED_AGAIN_FROM_BYTES // 8
ROOM = 4 * USED_AGAIN_FROM_BYTES


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def place(array: Any) -> int:
    return int(array.ctypes.data)


def test_the_next_array_lies_where_the_last_one_was() -> None:
    memory = ArrayMemory(ROOM)
    array = memory.empty((ROWS, 1), "float64")
    assert (array.shape, array.dtype, array.flags.c_contiguous, array.flags.writeable) == ((ROWS, 1), "f8", True, True)
    before = place(array)
    del array
    other = memory.empty((2, ROWS), "float32")
    assert (other.shape, other.dtype, place(other)) == ((2, ROWS), "f4", before)


@pytest.mark.parametrize(
    "keep",
    [
        lambda array: array,
        lambda array: array[5:, 0].T,
        memoryview,
        lambda array: (value for value in array[:, 0]),
    ],
    ids=["itself", "a view of a view", "a buffer", "an iterator"],
)
def test_what_somebody_holds_is_left_alone(keep: Any) -> None:
    memory = ArrayMemory(ROOM)
    array = memory.empty((ROWS, 1), "float64")
    array[:] = 7
    kept = keep(array)
    del array
    memory.empty((ROWS, 1), "float64")[:] = 8
    assert np.all(np.asarray(kept if not hasattr(kept, "send") else list(kept)) == 7)


def test_after_what_was_held_comes_memory_that_is_used_again() -> None:
    memory = ArrayMemory(ROOM)
    held = memory.empty((ROWS,), "float64")
    second = memory.empty((ROWS,), "float64")
    before = place(second)
    assert before != place(held)
    del second
    assert place(memory.empty((ROWS,), "float64")) == before


def test_a_larger_array_takes_larger_memory() -> None:
    memory = ArrayMemory(ROOM)
    memory.empty((ROWS,), "float64")
    larger = memory.empty((2 * ROWS,), "float64")
    larger[:] = 3
    before = place(larger)
    del larger
    assert place(memory.empty((2 * ROWS,), "float64")) == before


@pytest.mark.parametrize("rows", [ROWS - 1, ROOM // 8 + 1], ids=["small", "more than may be kept"])
def test_what_is_small_or_too_large_is_not_kept(rows: int) -> None:
    memory = ArrayMemory(ROOM)
    memory.empty((rows,), "float64")[:] = 1
    assert memory.rest() is None


def test_nothing_is_kept_where_nothing_may_be() -> None:
    memory = ArrayMemory()
    assert memory.empty((ROWS,), "float64").shape == (ROWS,)
    assert memory.rest() is None


@pytest.mark.parametrize("rows", [5, ROWS])
@pytest.mark.parametrize("dtype", ["<f8", ">f8", object])
def test_joined_is_a_copy_in_the_machine_s_order(rows: int, dtype: Any) -> None:
    memory = ArrayMemory(ROOM)
    wanted = np.float64 if dtype is not object else object
    first = np.arange(rows // 5 * 3, dtype=np.float64).reshape(-1, 1).astype(dtype)
    second = np.arange(rows // 5 * 2, dtype=np.float64).reshape(-1, 1).astype(dtype)
    first.flags.writeable = False
    joined = memory.joined([first, second], wanted)
    assert (joined.dtype, joined.flags.writeable, joined.flags.c_contiguous) == (np.dtype(wanted), True, True)
    np.testing.assert_array_equal(joined, np.concatenate([first, second]))
    assert not np.shares_memory(joined, first)
    assert len(memory.joined([first], wanted)) == len(first)


def test_tensors_that_come_as_bytes_lie_where_the_last_ones_did() -> None:
    memory = ArrayMemory(ROOM)
    inputs = plan_inputs(tensors([-1, 1024]), memory)
    raw = np.random.default_rng(0).normal(size=(ROWS // 512, 1024)).astype("float32")
    places = set()
    for _ in range(2):
        part = inputs.from_tensors([V2Tensor("t0", "FP32", list(raw.shape), raw=raw.tobytes())])
        array = inputs.build([part])
        np.testing.assert_array_equal(array, raw)
        places.add(place(array))
        del part, array
    assert len(places) == 1


def test_after_a_minute_without_use_it_is_let_go() -> None:
    clock = Clock()
    memory = ArrayMemory(ROOM, clock)
    memory.empty((ROWS,), "float64")
    clock.now += 50
    assert memory.rest() == pytest.approx(10)
    memory.empty((ROWS,), "float64")
    assert memory.rest() == pytest.approx(60)
    clock.now += 60
    assert memory.rest() is None
    assert memory.rest() is None


def test_no_memory_for_it_is_told_and_leaves_nothing() -> None:
    memory = ArrayMemory(1 << 62)
    memory.empty((ROWS,), "float64")
    with pytest.raises(MemoryError):
        memory.empty((1 << 58,), "float64")
    assert memory.rest() is None


def test_a_worker_that_nobody_asks_lets_go_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory_module, "_KEPT_SECONDS", 2.0)  # longer than an answer takes
    engine = Engine(Function(len), {"inputs": columns("numpy", x="float64")}, name="m", version=1, kept_bytes=ROOM)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "w.sock"))
    listener.listen(1)
    lifeline, host = os.pipe()
    told, tells = os.pipe()
    server = Server(engine, listener, lifeline, Usage(Reporter(tells)), stream_seconds=1)
    seen: list[Any] = []

    def ask() -> None:
        gateway = Gateway(f"unix:{tmp_path / 'w.sock'}")
        gateway.ask(stream(pa.table({"x": np.zeros(ROWS)})), protocol=ARROW)
        seen.append(engine.rest())
        for _ in range(100):  # nobody asks, so it is the server that calls `rest`, or nobody
            if engine._memory._kept is None:
                break
            threading.Event().wait(0.05)
        seen.append(engine._memory._kept)
        gateway.close()
        os.close(host)

    before = signal.getsignal(signal.SIGTERM)
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        server.run()
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.set_wakeup_fd(-1)
        for descriptor in (lifeline, told, tells):
            os.close(descriptor)
    asking.join()
    assert seen[0] is not None
    assert seen[1] is None
