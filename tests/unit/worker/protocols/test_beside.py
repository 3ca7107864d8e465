"""Parameters beside a body: for bodies that have no place for them, and for all others as well."""

import json
from typing import Any

import pytest

from tests.support.protocols import MATRIX
from unshelf.worker.engine import Engine
from unshelf.worker.errors import RequestRefused
from unshelf.worker.frames import BESIDE, MLFLOW_CSV, MLFLOW_JSON, NATIVE, V2


class Scale:
    def predict(self, inputs: Any, /, *, factor: float = 1.0, names: list[str] | None = None) -> Any:
        self.names = names
        return inputs.sum(axis=1) * factor

    def declared_parameters(self) -> list[dict[str, Any]]:
        return [{"name": "factor", "type": "number", "default": 1.0}, {"name": "names", "type": "list[string]"}]


MODEL = Scale()
ENGINE = Engine(MODEL, {"inputs": MATRIX, "parameters": MODEL.declared_parameters()}, name="scale", version=1)
TENSOR = {"name": "rows", "datatype": "FP64", "shape": [1, 2], "data": [1, 2]}
ROWS = {"inputs": [[1, 2]]}


def answer(protocol: int, body: Any, header: int = 0) -> Any:
    part, context = ENGINE.read(protocol, body, header)
    prediction = ENGINE.predict([part], part.rows)
    return json.loads(ENGINE._protocols[protocol].write(prediction, 0, part.rows, context)[0])


def dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("protocol", "body"),
    [
        (NATIVE, dumps(ROWS)), (MLFLOW_JSON, dumps(ROWS)), (MLFLOW_CSV, b"a,b\n1,2\n"), (V2, dumps({"inputs": [TENSOR]})),
    ],
)  # fmt: skip
def test_they_go_to_the_model_in_every_protocol(protocol: int, body: bytes) -> None:
    usual, found = answer(protocol, body), answer(protocol + BESIDE, (b'{"factor": 10}', body))
    assert json.dumps(found) == json.dumps(usual).replace("3.0", "30.0")


@pytest.mark.parametrize(
    ("protocol", "body"),
    [
        (NATIVE, {**ROWS, "params": {"factor": 10}}),
        (MLFLOW_JSON, {"dataframe_split": {"data": [[1, 2]]}, "params": {"factor": 10}}),
        (V2, {"inputs": [TENSOR], "parameters": {"factor": 10, "binary_data_output": False}}),
        (V2, {"inputs": [TENSOR], "parameters": {"factor": "10", "names": '["a"]', "sequence_id": 3, "triton_x": 1}}),
    ],
)
def test_bodies_in_json_have_a_place_of_their_own(protocol: int, body: Any) -> None:
    assert "30.0" in json.dumps(answer(protocol, dumps(body)))
    with pytest.raises(RequestRefused, match="given twice"):
        ENGINE.read(protocol + BESIDE, (b'{"factor": 1}', dumps(body)))


@pytest.mark.parametrize("protocol", [NATIVE, MLFLOW_JSON])
@pytest.mark.parametrize("nothing", [{}, None])
def test_no_parameters_are_as_good_as_an_empty_object(protocol: int, nothing: Any) -> None:
    assert "3.0" in json.dumps(answer(protocol, dumps({**ROWS, "params": nothing})))


@pytest.mark.parametrize("text", [b"factor=10", b"{", b'{"factor": NaN}', b"\xff", b'{"factor": 1, "factor": 2}'])
def test_what_is_no_json_is_a_bad_request(text: bytes) -> None:
    with pytest.raises(RequestRefused, match="Unshelf-Params") as refused:
        ENGINE.read(MLFLOW_CSV + BESIDE, (text, b"a,b\n1,2\n"))
    assert (refused.value.status, refused.value.code) == (400, "malformed_request")


def test_a_v2_parameter_of_nobody_s_is_refused() -> None:
    with pytest.raises(RequestRefused, match="no parameter 'temperature'"):
        ENGINE.read(V2, dumps({"inputs": [TENSOR], "parameters": {"temperature": 1}}))
