"""Models that yield: chunks as they come, in turn with whatever else is asked, and an end for those nobody waits for."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.protocols.frames import (
    ARROW,
    MLFLOW_JSON,
    MORE,
    NATIVE,
    PREDICT,
    REQUEST,
    STOPPING,
    STREAM,
    V2,
)

COUNT = """
def predict(values):
    for number in range(int(values[0])):
        yield {"number": number}
"""
WATCHED = """
from pathlib import Path
PLACE = Path(__file__).parent
def predict(values):
    if values[0] < 0:
        return [value * 2 for value in values]
    return count(values[0])
def count(name):
    number = 0
    try:
        while True:
            yield number
            number += 1
    finally:
        (PLACE / f"closed-{int(name)}").write_text(str(number))
"""
FAILING = """
def predict(values):
    yield "one"
    yield "two"
    raise values[0] and {0} or ValueError("no three")
"""
TEXT = {"kind": "tensors", "tensors": [{"name": "output", "type": "string", "shape": [-1]}]}


def stream(gateway: Any, inputs: list[Any], *, protocol: int = NATIVE, flags: int = STREAM) -> tuple[int, bytes]:
    id, frame = gateway.frame(json.dumps({"inputs": inputs}).encode(), protocol=protocol)
    body = frame[REQUEST.size :]
    return id, REQUEST.pack(REQUEST.size - 4 + len(body), id, PREDICT, protocol, flags, 0) + body


def wait_for(gateway: Any, path: Path) -> str:
    """What the file holds, once it is there; the worker is kept at work by questions."""
    for _ in range(2000):
        if path.exists() and path.read_text():
            return path.read_text()
        gateway.ask({"inputs": [-1]})
    raise AssertionError(f"{path.name} did not come")


def test_chunks_come_one_by_one_and_a_last_frame_ends_them(start: Any) -> None:
    gateway = start(files={"predict.py": COUNT}, batchable=False).gateway()
    id, frame = stream(gateway, [3])
    gateway.socket.sendall(frame)
    frames = [gateway.receive() for _ in range(4)]
    assert [answer.flags for answer in frames] == [MORE, MORE, MORE, 0]
    assert [answer.payload for answer in frames] == [b'{"number":0}', b'{"number":1}', b'{"number":2}', b""]
    assert {(answer.id, answer.status, answer.rows) for answer in frames} == {(id, 200, 1)}
    assert gateway.ask({"inputs": [1]}).json == [{"number": 0}]


def test_who_asks_for_no_stream_gets_all_chunks_at_once(start: Any) -> None:
    gateway = start(files={"predict.py": COUNT}, batchable=False).gateway()
    assert gateway.ask({"inputs": [2]}).json == [{"number": 0}, {"number": 1}]
    assert gateway.ask({"inputs": [0]}).json == []


def test_a_stream_without_chunks_is_one_empty_frame(start: Any) -> None:
    gateway = start(files={"predict.py": COUNT}, batchable=False).gateway()
    gateway.socket.sendall(stream(gateway, [0])[1])
    answer = gateway.receive()
    assert (answer.status, answer.flags, answer.payload) == (200, 0, b"")


def test_a_model_that_does_not_yield_answers_a_stream_as_ever(start: Any) -> None:
    gateway = start(files={"predict.py": WATCHED}, batchable=False).gateway()
    gateway.socket.sendall(stream(gateway, [-2])[1])
    answer = gateway.receive()
    assert (answer.status, answer.flags, answer.json) == (200, 0, [-4.0])


def test_streams_and_ordinary_requests_take_turns(start: Any) -> None:
    gateway = start(files={"predict.py": WATCHED}, batchable=False).gateway()
    first, begin_first = stream(gateway, [1])
    second, begin_second = stream(gateway, [2])
    ordinary, ask = gateway.frame(b'{"inputs": [-3]}')
    gateway.socket.sendall(begin_first + begin_second + ask)
    seen: dict[int, list[Any]] = {first: [], second: [], ordinary: []}
    while not seen[ordinary] or min(len(seen[first]), len(seen[second])) < 50:
        answer = gateway.receive()
        seen[answer.id].append(answer.json)
    assert seen[ordinary] == [[-6.0]]
    for id in (first, second):
        assert seen[id] == list(range(len(seen[id])))
    assert abs(len(seen[first]) - len(seen[second])) <= 2


def test_a_cancelled_stream_is_closed_and_says_nothing_more(start: Any) -> None:
    worker = start(files={"predict.py": WATCHED}, batchable=False)
    gateway, other = worker.gateway(), worker.gateway()
    id, frame = stream(gateway, [7])
    gateway.socket.sendall(frame)
    assert gateway.receive().json == 0
    gateway.socket.sendall(gateway.cancel(id))
    closed = wait_for(other, worker.folder / "bundle" / "closed-7")
    later, frame = gateway.frame(b'{"inputs": [-1]}')
    gateway.socket.sendall(frame)
    last = 0
    while (answer := gateway.receive()).id != later:
        last = answer.json
    assert last <= int(closed)
    assert answer.json == [-2.0]


def test_a_gateway_that_hangs_up_ends_its_streams(start: Any) -> None:
    worker = start(files={"predict.py": WATCHED}, batchable=False)
    gateway, other = worker.gateway(), worker.gateway()
    gateway.socket.sendall(stream(gateway, [8])[1])
    gateway.receive()
    gateway.close()
    assert wait_for(other, worker.folder / "bundle" / "closed-8")


def test_an_answer_that_is_being_collected_can_be_cancelled_too(start: Any) -> None:
    worker = start(files={"predict.py": WATCHED}, batchable=False)
    gateway, other = worker.gateway(), worker.gateway()
    id, frame = gateway.frame(b'{"inputs": [9]}')
    gateway.socket.sendall(frame)
    assert other.ask({"inputs": [-1]}).json == [-2.0]
    gateway.socket.sendall(gateway.cancel(id))
    assert wait_for(other, worker.folder / "bundle" / "closed-9")


@pytest.mark.parametrize("raised", ['ValueError("no three")', "SystemExit(3)", "MemoryError()"])
def test_a_model_that_raises_midway_ends_its_stream_alone(start: Any, raised: str) -> None:
    gateway = start(files={"predict.py": FAILING.format(raised)}, batchable=False).gateway()
    gateway.socket.sendall(stream(gateway, [1])[1])
    one, two, end = (gateway.receive() for _ in range(3))
    assert (one.json, two.json) == ("one", "two")
    assert (end.status, end.flags, end.json["code"]) == (500, 0, "model_error")
    name = raised.partition("(")[0]
    assert end.json["detail"] == f"The model raised {name}."
    assert name in end.json["traceback"]
    whole = gateway.ask({"inputs": [1]})
    assert (whole.status, whole.json["code"]) == (500, "model_error")


def test_a_chunk_that_json_has_no_place_for_ends_the_stream(start: Any) -> None:
    odd = "def predict(values):\n    try:\n        yield 1\n        yield object()\n    finally:\n        print('closed')\n"
    worker = start(files={"predict.py": odd}, batchable=False)
    gateway = worker.gateway()
    gateway.socket.sendall(stream(gateway, [1])[1])
    assert gateway.receive().json == 1
    end = gateway.receive()
    assert (end.status, end.json["code"]) == (500, "model_error")
    assert "closed" in worker.log.read_text()


def test_a_generator_that_will_not_end_is_left_behind(start: Any) -> None:
    stubborn = "def predict(values):\n    while True:\n        try:\n            yield 1\n        except GeneratorExit:\n            pass\n"
    worker = start(files={"predict.py": stubborn}, batchable=False)
    gateway = worker.gateway()
    id, frame = stream(gateway, [1])
    gateway.socket.sendall(frame)
    gateway.receive()
    gateway.socket.sendall(gateway.cancel(id))
    second, frame = stream(gateway, [1])
    gateway.socket.sendall(frame)
    while gateway.receive().id != second:
        pass
    assert "generator ignored GeneratorExit" in worker.log.read_text()


def test_a_gateway_that_does_not_read_holds_its_own_stream_up_and_no_memory(start: Any) -> None:
    large = WATCHED.replace("yield number", "yield 'x' * 100_000")
    worker = start(files={"predict.py": large}, batchable=False)
    deaf, other = worker.gateway(), worker.gateway()
    deaf.socket.sendall(stream(deaf, [5])[1])
    for _ in range(2000):
        assert other.ask({"inputs": [-1]}).json == [-2.0]
    deaf.close()
    yielded = int(wait_for(other, worker.folder / "bundle" / "closed-5"))
    assert yielded < 100


def test_a_chunk_is_what_it_was_when_it_was_yielded(start: Any) -> None:
    growing = "def predict(values):\n    words = []\n    for word in 'abc':\n        words.append(word)\n        yield words\n"
    gateway = start(files={"predict.py": growing}, batchable=False).gateway()
    expected = [["a"], ["a", "b"], ["a", "b", "c"]]
    assert gateway.ask({"inputs": [1]}).json == expected
    assert gateway.ask({"inputs": [1]}, protocol=MLFLOW_JSON).json == {"predictions": expected}


def test_other_protocols_answer_with_all_chunks(start: Any) -> None:
    gateway = start(files={"predict.py": COUNT}, batchable=False).gateway()
    body = {"inputs": [{"name": "x", "datatype": "FP64", "shape": [1], "data": [2]}]}
    assert gateway.ask(body, protocol=V2).json["outputs"] == [
        {"name": "number", "datatype": "INT64", "shape": [2], "data": [0, 1]}
    ]
    body["inputs"][0]["data"] = [0]
    assert gateway.ask(body, protocol=V2).json["outputs"][0]["shape"] == [0]
    assert gateway.ask({"inputs": [2]}, protocol=MLFLOW_JSON).json == {"predictions": [{"number": 0}, {"number": 1}]}


def test_chunks_that_differ_are_json_text_where_a_protocol_wants_types(start: Any) -> None:
    mixed = "def predict(values):\n    yield 'a'\n    yield {'end': float('nan')}\n    yield [1, 2]\n"
    gateway = start(files={"predict.py": mixed}, batchable=False).gateway()
    body = {"inputs": [{"name": "x", "datatype": "FP64", "shape": [1], "data": [2]}]}
    (output,) = gateway.ask(body, protocol=V2).json["outputs"]
    assert (output["datatype"], output["data"]) == ("BYTES", ["a", '{"end":null}', "[1,2]"])


def test_a_method_of_a_class_may_yield(start: Any) -> None:
    code = "class Model:\n    def predict(self, values):\n        yield from values\n"
    gateway = start(files={"predict.py": code}, loader={"kind": "python", "entry": "predict.py:Model"}).gateway()
    assert gateway.ask({"inputs": [1, 2]}).json == [1.0, 2.0]


def arrow_table(value: float) -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    sink = pyarrow.BufferOutputStream()
    table = pyarrow.table({"x": [value]})
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_an_arrow_stream_has_a_row_a_chunk(start: Any) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    gateway = start(files={"predict.py": COUNT}, batchable=False).gateway()
    answer = gateway.ask(arrow_table(2.0), protocol=ARROW, header=1)
    with pyarrow.ipc.open_stream(answer.payload) as reader:
        assert reader.read_all().to_pydict() == {"number": [0, 1]}


def test_an_arrow_table_can_ask_for_a_stream(start: Any) -> None:
    body = arrow_table(2.0)
    gateway = start(files={"predict.py": COUNT}, batchable=False).gateway()
    id, _ = gateway.frame(b"")
    gateway.socket.sendall(REQUEST.pack(REQUEST.size - 4 + len(body), id, PREDICT, ARROW, STREAM, 0) + body)
    assert [gateway.receive().payload for _ in range(3)] == [b'{"number":0}', b'{"number":1}', b""]


def test_a_batch_that_yields_is_predicted_one_by_one(start: Any) -> None:
    gateway = start(files={"predict.py": COUNT}, batchable=True).gateway()
    frames = [gateway.frame(b'{"inputs": [%d]}' % number) for number in (1, 2, 3)]
    gateway.socket.sendall(b"".join(frame for _, frame in frames))
    answers = {answer.id: answer.json for answer in [gateway.receive() for _ in frames]}
    assert [len(answers[id]) for id, _ in frames] == [1, 2, 3]


def test_a_stream_under_way_comes_to_its_end_when_the_worker_is_told_to_stop(start: Any) -> None:
    gated = (
        "import os, time\ndef predict(values):\n    yield 'begun'\n    while not os.path.exists(__file__ + '.go'):\n"
        "        time.sleep(0.01)\n        yield 'waiting'\n    yield 'done'\n"
    )
    worker = start(files={"predict.py": gated}, batchable=False)
    gateway = worker.gateway()
    gateway.socket.sendall(stream(gateway, [1])[1])
    assert gateway.receive().json == "begun"
    worker.process.send_signal(signal.SIGTERM)
    while not gateway.receive().flags & STOPPING:
        pass
    (worker.folder / "bundle" / "predict.py.go").touch()
    chunks = []
    while (answer := gateway.receive()).flags & MORE:
        chunks.append(answer.json)
    assert chunks[-1] == "done"
    assert answer.flags == STOPPING
    assert worker.wait() == 0


@pytest.mark.long
def test_a_stream_without_end_is_closed_before_the_host_kills(start: Any) -> None:
    worker = start(files={"predict.py": WATCHED}, batchable=False, timeout=1.0)
    gateway = worker.gateway()
    gateway.socket.sendall(stream(gateway, [6])[1])
    gateway.receive()
    worker.process.send_signal(signal.SIGTERM)
    last = b""
    with pytest.raises(ConnectionResetError):
        while True:
            last = gateway.receive().payload
    assert worker.wait() == 0
    assert int((worker.folder / "bundle" / "closed-6").read_text()) >= int(last)


def test_a_worker_at_a_long_stream_is_not_idle(start: Any) -> None:
    worker = start(files={"predict.py": WATCHED}, batchable=False)
    gateway = worker.gateway()
    gateway.socket.sendall(stream(gateway, [1])[1])
    gateway.receive()
    first = worker.event()
    while (again := worker.event())["event"] == "used" and again["last_used"] == first["last_used"]:
        gateway.receive()
    assert again["requests"] == first["requests"] == 1


@pytest.mark.parametrize(
    ("code", "outputs"),
    [
        (COUNT, {"kind": "columns", "columns": [{"name": "number", "type": "int64"}], "container": "dicts"}),
        ("def predict(values):\n    yield 'a'\n    yield 'b'\n", TEXT),
        ("def predict(values):\n    yield 'a'\n    yield 1\n", None),
        ("def predict(values):\n    return\n    yield\n", None),
    ],
)
def test_the_check_tells_what_a_chunk_is(start: Any, code: str, outputs: dict[str, Any] | None) -> None:
    worker = start(command="check", files={"predict.py": code}, example=[2.0, 3.0])
    verdict = worker.events()[-1]
    assert verdict["event"] == "checked", verdict
    assert verdict["streams"] is True
    assert (verdict["batchable"], verdict["batchable_reason"]) == (False, "it yields its answer in chunks")
    assert verdict["fork_safe"] is True
    assert verdict["signature"]["outputs"] == outputs


def test_the_check_of_a_model_that_raises_midway_fails(start: Any) -> None:
    worker = start(command="check", files={"predict.py": FAILING.format("None")}, example=[1.0])
    verdict = worker.events()[-1]
    assert (verdict["event"], verdict["step"]) == ("failed", "predict")
    assert "no three" in verdict["reason"]


def test_the_check_of_other_models_says_that_they_do_not_stream(start: Any) -> None:
    worker = start(
        command="check",
        files={"predict.py": "def predict(values):\n    return values\n"},
        example=[1.0, 2.0],
        manifest_fields={"batching": {"share": True}},
    )
    verdict = worker.events()[-1]
    assert (verdict["streams"], verdict["batchable"]) == (False, True)
