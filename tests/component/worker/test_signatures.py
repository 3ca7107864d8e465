"""Signatures that a maker states, through a real worker: defaults and open categories in every protocol, outputs in the check."""

import json
import pickle
from typing import Any

import pandas as pd
import pyarrow as pa
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from tests.support.arrow import stream
from unshelf.contracts.protocols.frames import ARROW, MLFLOW_CSV, MLFLOW_JSON, NATIVE, V2

CITIES = ["Gent", "Lille"]
TABLE = {
    "inputs": {
        "kind": "columns", "container": "pandas",
        "columns": [
            {"name": "size", "type": "float64"},
            {"name": "city", "type": "string", "categories": CITIES, "unseen": True, "default": "Gent"},
            {"name": "rooms", "type": "int64", "default": 3},
        ],
    }
}  # fmt: skip
ECHO = """
def predict(frame):
    known = frame.city.cat.codes.tolist()
    return [f"{row.size_} {row.city} {row.rooms} {code}" for row, code in zip(frame.rename(columns={"size": "size_"}).itertuples(), known)]
"""


def test_defaults_and_unseen_categories_reach_the_model_by_every_protocol(start: Any) -> None:
    gateway = start(files={"predict.py": ECHO}, signature=TABLE).gateway()
    tensor = {"name": "size", "datatype": "FP64", "shape": [1], "data": [1.5]}
    oslo = {"name": "city", "datatype": "BYTES", "shape": [1], "data": ["Oslo"]}
    for protocol, body, with_city in (
        (NATIVE, {"inputs": [{"size": 1.5}]}, {"inputs": [{"size": 1.5, "city": "Oslo"}]}),
        (MLFLOW_JSON, {"inputs": {"size": [1.5]}}, {"inputs": {"size": [1.5], "city": ["Oslo"]}}),
        (
            MLFLOW_JSON,
            {"dataframe_split": {"columns": ["size"], "data": [[1.5]]}},
            {"dataframe_split": {"columns": ["city", "size"], "data": [["Oslo", 1.5]]}},
        ),
        (MLFLOW_JSON, {"dataframe_records": [{"size": 1.5}]}, {"dataframe_records": [{"size": 1.5, "city": "Oslo"}]}),
        (MLFLOW_CSV, b"size\n1.5\n", b"city,size\nOslo,1.5\n"),
        (V2, {"inputs": [tensor]}, {"inputs": [tensor, oslo]}),
        (ARROW, stream(pa.table({"size": [1.5]})), stream(pa.table({"size": [1.5], "city": ["Oslo"]}))),
    ):
        left_out, unseen = (gateway.ask(each, protocol=protocol) for each in (body, with_city))
        assert (left_out.status, unseen.status) == (200, 200), (left_out.payload, unseen.payload)
        assert "1.5 Gent 3 0" in left_out.payload.decode()
        assert "1.5 Oslo 3 2" in unseen.payload.decode()


def test_requests_that_wait_together_see_no_category_of_another(start: Any) -> None:
    code = "def predict(frame):\n    return [str(list(frame.city.cat.categories))] * len(frame)\n"
    gateway = start(files={"predict.py": code}, signature=TABLE).gateway()
    bodies = [{"inputs": [{"size": 1, "city": city}]} for city in ("Oslo", "Bern", "Gent", "Bern")]
    frames = [gateway.frame(json.dumps(body).encode()) for body in bodies]
    gateway.socket.sendall(b"".join(frame for _, frame in frames))
    answers = {answer.id: answer.json for answer in (gateway.receive() for _ in frames)}
    own = [[*CITIES, "Oslo"], [*CITIES, "Bern"], CITIES, [*CITIES, "Bern"]]
    assert [answers[id] for id, _ in frames] == [[str(each)] for each in own]


def test_an_encoder_that_ignores_what_it_does_not_know_answers_as_in_the_notebook(start: Any) -> None:
    frame = pd.DataFrame(
        {"size": [1.0, 2.0, 3.0], "city": pd.Categorical(["Gent", "Lille", "Gent"]), "rooms": [1, 2, 2]}
    )
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["city"]), remainder="passthrough"),
        LinearRegression(),
    ).fit(frame, [1.0, 5.0, 3.0])
    asked = pd.DataFrame({"size": [4.0], "city": pd.Categorical(["Oslo"]), "rooms": [3]})
    gateway = start(
        files={"model.pkl": pickle.dumps(model)}, loader={"kind": "sklearn", "file": "model.pkl", "format": "pickle"}, signature=TABLE
    ).gateway()  # fmt: skip
    answer = gateway.ask({"inputs": [{"size": 4.0, "city": "Oslo"}]})
    assert answer.json == model.predict(asked).tolist()


def check(start: Any, code: str, signature: dict[str, Any], **more: Any) -> dict[str, Any]:
    worker = start(command="check", files={"predict.py": code}, signature=signature, **more)
    found: dict[str, Any] = worker.events()[-1]
    return found


def signature(outputs: dict[str, Any] | None, **column: Any) -> dict[str, Any]:
    inputs = {"kind": "columns", "columns": [{"name": "n", "type": "int64", **column}], "container": "dicts"}
    return {"inputs": inputs} if outputs is None else {"inputs": inputs, "outputs": outputs}


def outputs(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": "columns", "columns": [{"name": "output", "type": kind, **more}], "container": "values"}


DOUBLE = "def predict(rows):\n    return [2 * row['n'] for row in rows]\n"


def test_without_an_example_a_row_of_defaults_is_predicted(start: Any) -> None:
    found = check(start, DOUBLE, signature(None, default=21))
    assert found["event"] == "checked", found
    assert found["signature"]["outputs"]["tensors"] == [{"name": "output", "type": "int64", "shape": [-1]}]
    refused = check(start, "def predict(rows):\n    raise ValueError(rows)\n", signature(None, default=21))
    assert (refused["event"], refused["step"]) == ("failed", "predict")
    assert refused["reason"] == "ValueError: [{'n': 21}]"


def test_a_default_that_can_not_be_is_told(start: Any) -> None:
    found = check(start, DOUBLE, signature(None, default="many"), example=[{"n": 1}])
    assert found["event"] == "failed"
    assert (
        found["reason"]
        == """the default of the column 'n' is "many", which the column does not take (expected int64)"""
    )


def test_an_example_may_leave_out_what_has_a_default_also_for_the_proof_of_batching(start: Any) -> None:
    both = {
        "kind": "columns",
        "columns": [{"name": "a", "type": "int64"}, {"name": "n", "type": "int64", "default": 2}],
        "container": "dicts",
    }
    code = "def predict(rows):\n    return [row['a'] * row['n'] for row in rows]\n"
    found = check(
        start,
        code,
        {"inputs": both},
        example=[{"a": 1}, {"a": 2, "n": 5}],
        manifest_fields={"batching": {"share": True}},
    )
    assert found["batchable"], found


def test_stated_outputs_are_held_against_what_the_model_returns(start: Any) -> None:
    held = check(start, DOUBLE, signature(outputs("float64")), example=[{"n": 1}])
    assert held["signature"]["outputs"]["tensors"][0]["type"] == "float64"
    failed = check(start, DOUBLE, signature(outputs("string")), example=[{"n": 1}])
    assert (failed["event"], failed["step"]) == ("failed", "predict")
    assert failed["reason"] == "The output 'output' is stated to be of texts; the model returns whole numbers."
