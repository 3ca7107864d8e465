"""Scores beside answers in a real worker: tried by the check, sent for the record before the answer."""

import pickle
import struct
from typing import Any

import msgspec
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from unshelf.contracts.bundle import Checks
from unshelf.contracts.protocols.frames import MLFLOW_JSON, NATIVE, SCORES

DATA = load_iris()
NAMES = ("a", "b", "c", "d")
IRIS = {
    "inputs": {
        "kind": "columns",
        "columns": [{"name": name, "type": "float64"} for name in NAMES],
        "container": "numpy",
    }
}
PICKLE = {"kind": "python", "file": "model.pkl", "format": "pickle"}
WANTED = {"manifest_fields": {"monitoring": {"scores": "predict_proba"}}}


def fitted(model: Any) -> bytes:
    return pickle.dumps(model.fit(DATA.data, DATA.target_names[DATA.target]))


def given(content: bytes) -> dict[str, Any]:
    return {
        "files": {"model.pkl": content},
        "loader": PICKLE,
        "signature": IRIS,
        "example": DATA.data[::30].tolist(),
        **WANTED,
    }


@pytest.mark.parametrize(
    ("model", "one_pass", "said"),
    [
        (RandomForestClassifier(5, random_state=0), True, "read off"),
        (LogisticRegression(max_iter=500), False, "a second call"),
    ],
    ids=["forest", "linear"],
)
def test_scores_are_tried_and_then_go_with_each_answer(start: Any, model: Any, one_pass: bool, said: str) -> None:
    content = fitted(model)
    last = start(command="check", **given(content)).events()[-1]
    assert last.pop("event") == "checked", last
    found = msgspec.convert(last, Checks)
    assert found.signature is not None and found.signature.scores is not None
    assert (found.signature.scores.classes, found.signature.scores.one_pass) == (list(DATA.target_names), one_pass)
    assert said in found.scores_reason and "16 bytes" in found.scores_reason
    worker = start(files={"model.pkl": content}, loader=PICKLE, signature=last["signature"])
    gateway, rows = worker.gateway(), DATA.data[[0, 60, 149]]
    for protocol, body in ((NATIVE, {"inputs": rows.tolist()}), (MLFLOW_JSON, {"inputs": rows.tolist()})):
        answer = gateway.ask(body, protocol=protocol)
        assert (answer.status, answer.flags) == (200, SCORES)
        size = struct.unpack_from("<I", answer.payload)[0]
        scores = answer.payload[4 : 4 + size]
        assert struct.unpack_from("<I", scores)[0] == 3
        expected = pickle.loads(content).predict_proba(rows).ravel().tolist()
        assert [value for (value,) in struct.iter_unpack("<f", scores[4:])] == pytest.approx(expected, abs=1e-6)
        outputs = msgspec.json.decode(answer.payload[4 + size :])
        assert (outputs if protocol == NATIVE else outputs["predictions"]) == model.predict(rows).tolist()
    refused = gateway.ask({"inputs": [["x"] * 4]})
    assert (refused.status, refused.json["code"]) == (422, "invalid_input")


FUNCTION = {"predict.py": "def predict(values):\n    return values\n"}
CLASS = """
class Model:
    classes_ = ["no", "yes"]

    def predict(self, values):
        return ["yes" for value in values]

    def scores(self, values):
        return {answer}
"""


@pytest.mark.parametrize(
    ("code", "scores", "said"),
    [
        (None, "predict_proba", "no output of the model (its outputs: output) and no method of it"),
        ("[[0.2, 0.3, 0.5] for value in values]", "scores", "rows of [3] numbers for 2 rows"),
        ("[0.5 for value in values]", "scores", "a number for each row and each of 2 classes"),
        ("[[0.5, 0.5]]", "scores", "1 rows for 2"),
        ("1 / 0", "scores", "ZeroDivisionError"),
    ],
    ids=["function", "classes", "flat", "rows", "raises"],
)
def test_scores_that_can_t_be_recorded_end_the_check_with_a_reason(
    start: Any, code: str | None, scores: str, said: str
) -> None:
    files = FUNCTION if code is None else {"predict.py": CLASS.format(answer=code)}
    entry = "predict.py:predict" if code is None else "predict.py:Model"
    last = start(
        command="check", files=files, loader={"kind": "python", "entry": entry}, example=[1.0, 2.0],
        manifest_fields={"monitoring": {"scores": scores}},
    ).events()[-1]  # fmt: skip
    assert last["event"] == "failed"
    assert said in last["reason"], last


def test_an_output_with_scores_needs_no_method(start: Any) -> None:
    code = "def predict(values):\n    return [{'answer': 'a', 'scores': [0.1, 0.9]} for value in values]\n"
    last = start(
        command="check", files={"predict.py": code}, example=[1.0], manifest_fields={"monitoring": {"scores": "scores"}}
    ).events()[-1]
    assert (last["event"], last["scores_reason"], "scores" in last["signature"]) == ("checked", "", False)
