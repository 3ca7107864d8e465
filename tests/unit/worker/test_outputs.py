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

from unshelf.worker.encoding.json_codec import dumps
from unshelf.worker.errors import RequestRefused, UnusableAnswer, Unwritable
from unshelf.worker.outputs import BatchOutputs, describe_outputs


def written(raw: Any, rows: int) -> Any:
    return json.loads(BatchOutputs(raw, rows).json(0, rows), parse_constant=lambda name: pytest.fail(f"bare {name}"))


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
        (np.array(["2024-01-01", "NaT"], dtype="datetime64[ns]"), ["2024-01-01T00:00:00", None]),
        ([np.float32(0.5), np.int64(3)], [0.5, 3]),
        ((1, 2), [1, 2]),
        (["a", None], ["a", None]),
        ([{"p": np.float64("nan")}, {"p": 2}], [{"p": None}, {"p": 2}]),
        ([Score(1.5), Score(2.5)], [{"value": 1.5}, {"value": 2.5}]),
        ([decimal.Decimal("1.5"), datetime.date(2024, 1, 2)], ["1.5", "2024-01-02"]),
        ([b"text", b"\xff"], ["dGV4dA==", "/w=="]),
        ([np.array([1, 2]), np.array([3.5])], [[1, 2], [3.5]]),
        ({"a": np.array([1, 2]), "b": ["x", "y"]}, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        (pd.Series([1.5, None]), [1.5, None]),
        (pd.Series(["a", "b"]), ["a", "b"]),
        (pd.Series([1, None], dtype="Int64"), [1, None]),
        (pd.Series(["x", "y"], dtype="category"), ["x", "y"]),
        (pd.Series(pd.to_datetime(["2024-01-01", None]).as_unit("us")), ["2024-01-01T00:00:00", None]),
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), [{"a": 1, "b": "x"}, {"a": 2, "b": None}]),
        (pl.DataFrame({"a": [1, None], "b": ["x", "y"]}), [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]),
        (pl.Series([1.5, 2.5]), [1.5, 2.5]),
    ],
)
def test_answers_for_two_rows(raw: Any, wanted: Any) -> None:
    assert written(raw, 2) == wanted


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, "None for 2 rows"),
        (5, "an int for 2 rows"),
        ("text", "a str for 2 rows"),
        (np.array(2), "an array of shape () for 2 rows"),
        ([1, 2, 3], "a list of 3 for 2 rows"),
        ([], "a list of 0 for 2 rows"),
        (np.zeros((1, 2)), "an array of shape (1, 2) for 2 rows"),
        (pd.DataFrame({"a": [1]}), "a DataFrame of shape (1, 1) for 2 rows"),
        ({"label": "cat", "scores": [0.5, 0.5]}, "a dict with 'label', a single str, 'scores' of 2 for 2 rows"),
        ({}, "an empty dict for 2 rows"),
    ],
)
def test_an_answer_that_has_not_one_output_a_row_is_refused_with_what_it_was(raw: Any, said: str) -> None:
    with pytest.raises(UnusableAnswer) as caught:
        BatchOutputs(raw, 2).require_rows()
    assert caught.value.detail == f"The model returned {said}."
    assert 'output = "table"' in caught.value.hint


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (5, 5),
        (None, None),
        ("text", "text"),
        ([1, 2, 3], [1, 2, 3]),
        ({"a": np.arange(3), "b": 1}, {"a": [0, 1, 2], "b": 1}),
        ((np.array([[0.5]]), np.array([[7]])), [[[0.5]], [[7]]]),
        (pd.DataFrame({"day": ["a", "b"], "sold": [1, 2]}), [{"day": "a", "sold": 1}, {"day": "b", "sold": 2}]),
        (
            pd.Series([1.5, 2.5], index=pd.date_range("2024-01-01", periods=2)),
            [{"index": "2024-01-01T00:00:00", "output": 1.5}, {"index": "2024-01-02T00:00:00", "output": 2.5}],
        ),
    ],
)
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_whole_answer_is_given_as_it_is_however_many_rows_it_fits(raw: Any, wanted: Any, rows: int) -> None:
    prediction = BatchOutputs(raw, rows, whole=True)
    prediction.require_rows()
    assert not prediction.per_row
    assert json.loads(prediction.json(0, rows)) == wanted


def test_the_outputs_of_a_tuple_have_names_by_their_place() -> None:
    prediction = BatchOutputs((np.zeros((2, 3)), np.zeros((2, 3), int)), 2, whole=True)
    assert {name: output.values.dtype.kind for name, output in prediction.outputs.items()} == {
        "output_0": "f",
        "output_1": "i",
    }
    assert describe_outputs(prediction) is None


def test_a_column_keeps_the_type_of_its_signature_whatever_stands_beside_it() -> None:
    def answered(raw: Any, **declared: str) -> str:
        return BatchOutputs(raw, 2, declared=declared).json(0, 2)

    assert answered(pd.DataFrame({"id": [1.0, None]}), id="int64") == '[{"id":1},{"id":null}]'
    assert answered([1.0, 2.0], output="int64") == "[1,2]"
    assert answered([1.5, 2.0], output="int64") == "[1.5,2.0]"
    assert answered([1, 2], output="float64") == "[1.0,2.0]"
    assert answered(np.array([1, 2]), output="float32") == "[1.0,2.0]"
    assert answered([2**53 + 1, 2], output="float64") == f"[{2**53 + 1},2.0]"
    assert answered(np.array([1.0, np.nan]), output="bool") == "[true,null]"
    with pytest.raises(Unwritable, match="lose their last digits"):
        answered(np.array([2.0**60, np.nan]), output="int64")


def test_an_index_that_says_something_is_a_column_and_one_in_another_order_is_refused() -> None:
    frame = pd.DataFrame({"score": [1.5, 2.5]})
    assert written(frame.set_index(pd.Index(["x", "y"], name="key")), 2) == [
        {"key": "x", "score": 1.5}, {"key": "y", "score": 2.5},
    ]  # fmt: skip
    assert written(frame.set_index(pd.Index([4, 7])), 2) == [{"score": 1.5}, {"score": 2.5}]
    for answer in (frame.sort_values("score", ascending=False), frame["score"][::-1]):
        with pytest.raises(Unwritable, match="in another order"):
            BatchOutputs(answer, 2)
    assert written(frame[::-1].reset_index(drop=True), 2) == [{"score": 2.5}, {"score": 1.5}]


def test_a_set_has_no_order_for_rows() -> None:
    with pytest.raises(Unwritable, match="no order"):
        BatchOutputs({1, 2}, 2)


def test_each_caller_gets_its_own_rows() -> None:
    for raw in (np.arange(5.0), list("abcde"), np.arange(10).reshape(5, 2), [{"k": number} for number in range(5)]):
        prediction = BatchOutputs(raw, 5)
        whole = json.loads(prediction.json(0, 5))
        assert json.loads(prediction.json(1, 3)) == whole[1:3]


def test_texts_may_hold_anything() -> None:
    texts = ['"', "\n", "\ud800", "é", "</script>"]
    assert written(texts, 5) == texts


def test_what_has_no_place_in_json_is_the_model_s_fault() -> None:
    circle: list[Any] = []
    circle.append(circle)
    for value in ([object()], circle, [lambda: 1]):
        with pytest.raises(RequestRefused) as caught:
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
    assert describe_outputs(BatchOutputs(raw, 2)) == wanted
