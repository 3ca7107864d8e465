"""Parameters at a real worker process: in every protocol, in and beside bodies, alone and in batches; and found by its check."""

import json
import struct
from typing import Any

import pyarrow as pa
import pytest

from tests.component.worker.conftest import ONE_NUMBER
from tests.support.descriptors import frame, hand, memory
from tests.support.waiting import wait_until
from unshelf.contracts.protocols import frames

CODE = """
def predict(values, *, factor: float = 1.0, label: str = "a", adds: list[int] = [0]):
    print(len(values), factor, label, adds, flush=True)
    adds.append(0)
    return [value * factor + sum(adds) for value in values]
"""
PARAMETERS = [
    {"name": "factor", "type": "number", "default": 1.0},
    {"name": "label", "type": "string", "default": "a"},
    {"name": "adds", "type": "list[integer]", "default": [0]},
]
SIGNATURE = {**ONE_NUMBER, "parameters": PARAMETERS}


def served(start: Any, code: str = CODE, **more: Any) -> Any:
    return start(files={"predict.py": code}, signature=SIGNATURE, **more)


def beside(params: Any, body: bytes) -> bytes:
    text = params if isinstance(params, bytes) else json.dumps(params).encode()
    return frames.PARAMS_LENGTH.pack(len(text)) + text + body


def stream(*values: float) -> bytes:
    table = pa.table({"x": pa.array(values, pa.float64())})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def test_parameters_in_bodies_of_every_protocol(start: Any) -> None:
    gateway = served(start).gateway()
    native = gateway.ask({"inputs": [1, 2], "params": {"factor": 10, "adds": [1, 2]}})
    assert (native.status, native.json) == (200, [13.0, 23.0])
    mlflow = gateway.ask({"inputs": {"x": [1]}, "params": {"factor": 10}}, protocol=frames.MLFLOW_JSON)
    assert mlflow.json == {"predictions": [10.0]}
    tensor = {"name": "x", "datatype": "FP64", "shape": [2]}
    v2 = gateway.ask({"inputs": [{**tensor, "data": [1, 2]}], "parameters": {"factor": 10}}, protocol=frames.V2)
    assert v2.json["outputs"][0]["data"] == [10.0, 20.0]
    sized = {**tensor, "parameters": {"binary_data_size": 16}}
    text = json.dumps({"inputs": [sized], "parameters": {"factor": 10, "adds": "[3]"}}).encode()
    binary = gateway.ask(text + struct.pack("<2d", 1, 2), protocol=frames.V2, header=len(text))
    assert binary.json["outputs"][0]["data"] == [13.0, 23.0]
    assert gateway.ask({"inputs": [1, 2]}).json == [1.0, 2.0], "a request without any has the defaults"


@pytest.mark.long
@pytest.mark.parametrize("padding", [0, 3 << 20])
def test_parameters_beside_bodies_of_every_protocol_and_size(start: Any, padding: int) -> None:
    gateway = served(start).gateway()
    spaces = b" " * padding
    asked = {
        frames.NATIVE: b'{"inputs": [1]' + spaces + b"}",
        frames.MLFLOW_JSON: b'{"inputs": [1]' + spaces + b"}",
        frames.MLFLOW_CSV: b"x\n1\n" if not padding else b"x\n" + b"1\n" * (padding // 2),
        frames.V2: b'{"inputs": [{"name": "x", "datatype": "FP64", "shape": [1], "data": [1]}]' + spaces + b"}",
        frames.ARROW: stream(*[1.0] * (1 + padding // 8)),
    }
    for protocol, body in asked.items():
        answer = gateway.ask(beside({"factor": 10}, body), protocol=protocol + frames.BESIDE)
        assert answer.status == 200, (protocol, answer.payload[:300])
        assert b"10.0" in answer.payload[:300]


def test_parameters_beside_a_body_that_is_handed_over(start: Any) -> None:
    gateway = served(start).gateway()
    body = stream(*[1.0] * 200_000)
    payload = beside({"factor": 10}, frames.HANDED.pack(len(body)))
    hand(gateway.socket, frame(7, payload, protocol=frames.ARROW + frames.BESIDE), memory(body))
    answer = gateway.receive()
    assert (answer.id, answer.status) == (7, 200)
    assert json.loads(answer.payload) == [10.0] * 200_000


@pytest.mark.parametrize("payload", [b"", b"\0\0\0\0{}", b"\x10\0\0\0{}", b"\1\0"])
def test_a_frame_whose_parameters_are_not_there_costs_the_connection(start: Any, payload: bytes) -> None:
    gateway = served(start).gateway()
    _, sent = gateway.frame(payload, protocol=frames.NATIVE + frames.BESIDE)
    gateway.socket.sendall(sent)
    assert gateway.hung_up()


def test_wrong_parameters_are_refused_with_what_there_is(start: Any) -> None:
    gateway = served(start).gateway()
    answer = gateway.ask({"inputs": [1], "params": {"factr": 1, "label": 3}})
    assert (answer.status, answer.json["code"]) == (422, "invalid_input")
    assert answer.json["detail"] == "The model has no parameter 'factr'."
    assert "Did you mean 'factor'?" in answer.json["hint"]
    assert [fault["parameter"] for fault in answer.json["errors"]] == ["factr", "label"]


def test_only_requests_with_equal_parameters_are_predicted_together(start: Any) -> None:
    """Given requests that wait while another runs, then those of equal parameters are one call, and no answer is another's."""
    waits = "    from pathlib import Path\n    while values == [0.0] and not Path(__file__).with_name('go').exists(): pass\n"
    worker = served(start, CODE.replace("    adds.append", waits + "    adds.append"))
    gateway = worker.gateway()
    wanted = {}
    sent = [gateway.frame(b'{"inputs": [0]}')[1]]
    wanted[1] = [0.0]
    for params, factor in [
        (None, 1),
        ({"factor": 1}, 1),
        ({"factor": 2}, 2),
        ({"factor": 2.0}, 2),
        ({"label": "b"}, 1),
    ]:
        for value in (1, 2):
            body = {"inputs": [value]} if params is None else {"inputs": [value], "params": params}
            id, asked = gateway.frame(json.dumps(body).encode())
            wanted[id] = [value * factor * 1.0]
            sent.append(asked)
    gateway.socket.sendall(sent[0])
    wait_until(lambda: "1 1.0 a" in worker.log.read_text())
    gateway.socket.sendall(b"".join(sent[1:]))
    (worker.folder / "bundle" / "go").touch()
    answers = [gateway.receive() for _ in sent]
    assert {answer.id: answer.json for answer in answers} == wanted
    calls = [line.partition("] ")[2] for line in worker.log.read_text().splitlines() if "] " in line]
    assert calls[1:] == ["4 1.0 a [0]", "4 2.0 a [0]", "2 1.0 b [0]"]


def test_a_model_without_parameters_refuses_them(start: Any) -> None:
    gateway = start(files={"predict.py": "def predict(values):\n    return values\n"}).gateway()
    answer = gateway.ask({"inputs": [1], "params": {"factor": 1}})
    assert (answer.status, answer.json["hint"]) == (422, "Send the inputs alone.")
    assert gateway.ask({"inputs": [1], "params": {}}).json == [1.0]


def test_a_model_that_yields_takes_them_too(start: Any) -> None:
    head, _, _ = CODE.partition("    print(")
    code = f"{head}    for value in values:\n        yield value * factor\n"
    gateway = served(start, code).gateway()
    assert gateway.ask(beside({"factor": 3}, b'{"inputs": [1, 2]}'), protocol=frames.NATIVE + frames.BESIDE).json == [
        3,
        6,
    ]
    csv = gateway.ask(beside({"factor": 3}, b"x\n1\n"), protocol=frames.MLFLOW_CSV + frames.BESIDE)
    assert csv.json == {"predictions": [3.0]}


def checked(start: Any, **given: Any) -> dict[str, Any]:
    *_, last = start(command="check", example=[1, 2], **given).events()
    return dict(last)


def test_the_check_finds_what_the_model_s_own_code_declares(start: Any) -> None:
    found = checked(start, files={"predict.py": CODE})
    assert found["signature"]["parameters"] == PARAMETERS
    assert "outputs" in found["signature"]


@pytest.mark.parametrize("declared", [[], PARAMETERS[:1]])
def test_parameters_that_the_maker_declares_are_all_there_are(start: Any, declared: list[dict[str, Any]]) -> None:
    found = checked(start, files={"predict.py": CODE}, manifest_fields={"parameters": declared})
    assert found["signature"].get("parameters", []) == declared


def test_a_declared_parameter_that_the_code_does_not_take_fails_the_check(start: Any) -> None:
    declared = {"parameters": [{"name": "beam", "type": "integer", "default": 3}]}
    found = checked(start, files={"predict.py": CODE}, manifest_fields=declared)
    assert (found["event"], found["step"]) == ("failed", "predict")
    assert "unexpected keyword argument 'beam'" in found["reason"]


def test_the_batches_of_a_model_with_parameters_are_proved_only_where_its_maker_asks(start: Any) -> None:
    found = checked(start, files={"predict.py": CODE}, manifest_fields={"batching": {"share": True}})
    assert found["batchable"], found["batchable_reason"]
    assert not checked(start, files={"predict.py": CODE})["batchable"]


@pytest.mark.parametrize(("name", "known"), [("label", True), ("x", True), ("lable", False)])
def test_a_name_to_be_redacted_must_be_a_column_or_a_parameter(start: Any, name: str, known: bool) -> None:
    found = checked(start, files={"predict.py": CODE}, manifest_fields={"recording": {"redact": [name]}})
    assert found["event"] == ("checked" if known else "failed")
    assert known or ("no column, tensor or parameter" in found["reason"] and "factor, label, adds" in found["hint"])
