"""Scores beside answers, as the worker keeps and sends them."""

import struct
from typing import Any

import numpy as np
import pandas as pd
import pytest

from unshelf.worker.errors import CannotLoad
from unshelf.worker.outputs import BatchOutputs
from unshelf.worker.scores.recorded import ModelWithScores, NoScores, WithScores, packed
from unshelf.worker.scores.source import ScoresSource

DECLARED = {"method": "predict_proba", "classes": ["no", "yes"]}


class Model:
    """Answers `yes` for what is above a half."""

    def __init__(self, scores: Any = None, *, decides: bool = False) -> None:
        self.asked = 0
        self._scores = scores
        self._decides = decides

    def predict(self, inputs: Any, /) -> list[str]:
        self.asked += 1
        return ["yes" if value > 0.5 else "no" for value in inputs]

    def scores_source(self, method: str) -> ScoresSource | None:
        return ScoresSource(self._call, ["no", "yes"], self._decides) if method == "predict_proba" else None

    def _call(self, inputs: Any) -> Any:
        if isinstance(self._scores, Exception):
            raise self._scores
        return np.array([[1 - value, value] for value in inputs]) if self._scores is None else self._scores


class Plain:
    def read(self, body: bytes, header: int) -> Any:
        return body, header

    def write(self, prediction: BatchOutputs, start: int, stop: int, context: Any) -> tuple[bytes, int]:
        return prediction.json(start, stop).encode(), context


def numbers(scores: bytes) -> list[float]:
    count = struct.unpack_from("<I", scores)[0]
    assert count == 2
    return [round(value, 6) for (value,) in struct.iter_unpack("<f", scores[4:])]


def test_a_caller_s_rows_of_a_batch_have_their_scores_before_the_answer() -> None:
    model = ModelWithScores(Model(), DECLARED)
    prediction = BatchOutputs(model.predict([0.9, 0.2, 0.75]), 3)
    payload, header = WithScores(Plain(), model).write(prediction, 1, 3, 7)
    size = struct.unpack_from("<I", payload)[0]
    assert numbers(payload[4 : 4 + size]) == [0.8, 0.2, 0.25, 0.75]
    assert (payload[4 + size :], header) == (b'["no","yes"]', 7)


def test_the_answer_is_read_off_the_scores_where_that_is_the_same() -> None:
    inner = Model(decides=True)
    model = ModelWithScores(inner, {**DECLARED, "one_pass": True})
    assert (model.predict([0.9, 0.2]).tolist(), inner.asked) == (["yes", "no"], 0)
    assert numbers(model.of_rows(2, 0, 2)) == [0.1, 0.9, 0.8, 0.2]


@pytest.mark.parametrize(
    "scores", [ValueError("no"), np.zeros((1, 3)), np.zeros(2), "text"], ids=["raises", "wide", "flat", "text"]
)
def test_scores_that_fail_cost_no_answer_and_are_told_once(scores: Any, capsys: pytest.CaptureFixture[str]) -> None:
    model = ModelWithScores(Model(scores), DECLARED)
    assert [model.predict([0.9]), model.predict([0.1])] == [["yes"], ["no"]]
    assert model.of_rows(1, 0, 1) == b""
    assert capsys.readouterr().err.count("could not be recorded") == 1


def test_scores_of_another_number_of_rows_are_not_kept() -> None:
    model = ModelWithScores(Model(np.zeros((3, 2))), DECLARED)
    model.predict([0.9])
    assert model.of_rows(1, 0, 1) == b""


def test_a_model_that_lost_its_method_can_t_be_loaded() -> None:
    with pytest.raises(CannotLoad, match="predict_log"):
        ModelWithScores(Model(), {**DECLARED, "method": "predict_log"})


@pytest.mark.parametrize(
    "scores",
    [np.array([[0.25, 0.75]]), [[0.25, 0.75]], pd.DataFrame({"a": [0.25], "b": [0.75]})],
    ids=["array", "list", "frame"],
)
def test_tables_of_all_kinds_are_packed_alike(scores: Any) -> None:
    assert packed(scores, 2) == struct.pack("<2f", 0.25, 0.75)


@pytest.mark.parametrize("scores", [None, [1.0, 2.0], [[1.0]], np.zeros((2, 2, 2))])
def test_what_is_no_table_of_classes_is_refused(scores: Any) -> None:
    with pytest.raises(NoScores):
        packed(scores, 2)
