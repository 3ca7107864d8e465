"""What models return, written for callers by the rule for numbers."""

import dataclasses
import datetime
import decimal
import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unshelf.worker.errors import Refused
from unshelf.worker.jsontext import dumps
from unshelf.worker.outputs import Prediction, describe_outputs


def written(raw: Any, rows: int) -> Any:
    return json.loads(Prediction(raw, rows).json(0, rows), parse_constant=lambda name: pytest.fail(f"bare {name}"))


@dataclasses.dataclass
class Score:
    value: float


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (np.array([1, 2]), [1, 2]),
        (np.array([True, False]), [True, False]),
        (np.array(["a", "é"]), ["a", "é"]),
        (np.array([[1.5, 2], [3, 4]]), [[1.5, 2.0], [3.0, 4.0]]),
        (np.array([np.nan, np.inf]), [None, "Infinity"]),
        (np.array([[-np.inf, 1], [2, np.nan]]), [["-Infinity", 1.0], [2.0, None]]),
        (np.array(["2024-01-01", "NaT"], dtype="datetime64[ns]"), ["2024-01-01T00:00:00.000000000", None]),
        ([np.float32(0.5), np.int64(3)], [0.5, 3]),
        ((1, 2), [1, 2]),
        (["a", None], ["a", None]),
        ([{"p": np.float64("nan")}, {"p": 2}], [{"p": None}, {"p": 2}]),
        ([Score(1.5), Score(2.5)], [{"value": 1.5}, {"value": 2.5}]),
        ([decimal.Decimal("1.5"), datetime.date(2024, 1, 2)], [1.5, "2024-01-02"]),
        ([b"text", b"\xff"], ["text", "/w=="]),
        ([np.array([1, 2]), np.array([3.5])], [[1, 2], [3.5]]),
        ({"a": np.array([1, 2]), "b": ["x", "y"]}, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        (pd.Series([1.5, None]), [1.5, None]),
        (pd.Series(["a", "b"]), ["a", "b"]),
        (pd.Series([1, None], dtype="Int64"), [1, None]),
        (pd.Series(["x", "y"], dtype="category"), ["x", "y"]),
        (pd.Series(pd.to_datetime(["2024-01-01", None]).as_unit("us")), ["2024-01-01T00:00:00.000000", None]),
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), [{"a": 1, "b": "x"}, {"a": 2, "b": None}]),
        (pl.DataFrame({"a": [1, None], "b": ["x", "y"]}), [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]),
        (pl.Series([1.5, 2.5]), [1.5, 2.5]),
    ],
)
def test_answers_for_two_rows(raw: Any, wanted: Any) -> None:
    assert written(raw, 2) == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [(5, [5]), ("text", ["text"]), (None, [None]), (np.float64(1.5), [1.5]), (np.array(2), [2]), ([], []),
     ({"label": "cat", "score": 0.5}, [{"label": "cat", "score": 0.5}]), ([1, 2, 3], [1, 2, 3]), ({}, [{}])],
)  # fmt: skip
def test_an_answer_that_has_no_rows_is_given_whole(raw: Any, wanted: Any) -> None:
    prediction = Prediction(raw, 2)
    assert not prediction.per_row
    assert json.loads(prediction.json(0, 2)) == wanted


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_every_float_comes_back_bit_for_bit(kind: Any) -> None:
    values = np.random.default_rng(0).normal(size=1000).astype(kind)
    assert np.array(written(values, 1000)).astype(kind).tobytes() == values.tobytes()


def test_each_caller_gets_its_own_rows() -> None:
    for raw in (np.arange(5.0), list("abcde"), np.arange(10).reshape(5, 2), [{"k": number} for number in range(5)]):
        prediction = Prediction(raw, 5)
        whole = json.loads(prediction.json(0, 5))
        assert json.loads(prediction.json(1, 3)) == whole[1:3]


def test_texts_may_hold_anything() -> None:
    texts = ['"', "\n", "\ud800", "é", "</script>"]
    assert written(texts, 5) == texts


def test_what_has_no_place_in_json_is_the_model_s_fault() -> None:
    circle: list[Any] = []
    circle.append(circle)
    for value in ([object()], circle, [lambda: 1]):
        with pytest.raises(Refused) as caught:
            dumps(value)
        assert caught.value.code == "model_error"


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (np.zeros((2, 3), np.float32), {"kind": "tensors", "tensors": [{"name": "output", "type": "float32", "shape": [-1, 3]}]}),
        (["a", "b"], {"kind": "tensors", "tensors": [{"name": "output", "type": "string", "shape": [-1]}]}),
        ({"a": np.zeros((2, 2)), "b": np.array([1, 2])},
         {"kind": "tensors",
          "tensors": [{"name": "a", "type": "float64", "shape": [-1, 2]}, {"name": "b", "type": "int64", "shape": [-1]}]}),
        (pd.DataFrame({"a": [1, 2], "b": [None, 0.5]}),
         {"kind": "columns", "columns": [{"name": "a", "type": "int64"}, {"name": "b", "type": "float64", "nullable": True}],
          "container": "pandas"}),
        ([{"a": 1, "b": [1]}, {"a": 2, "b": [1, 2]}],
         {"kind": "columns", "columns": [{"name": "a", "type": "int64"}, {"name": "b", "type": "json"}], "container": "dicts"}),
        ([[1], [1, 2]], {"kind": "columns", "columns": [{"name": "output", "type": "json"}], "container": "values"}),
        (np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[s]"),
         {"kind": "columns", "columns": [{"name": "output", "type": "datetime"}], "container": "values"}),
    ],
)  # fmt: skip
def test_the_outputs_of_a_signature_are_what_was_seen(raw: Any, wanted: dict[str, Any]) -> None:
    assert describe_outputs(Prediction(raw, 2)) == wanted
