"""Rows of every usual kind become JSON by one rule for numbers."""

import json
import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unshelf.client.data.rows import encode_inputs, encode_params
from unshelf.client.errors import InvalidRows


def inputs(rows: Any) -> Any:
    return json.loads(encode_inputs(rows), parse_constant=lambda word: pytest.fail(f"bare {word} in JSON"))["inputs"]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_gaps_are_null_and_infinities_are_texts(dtype: str) -> None:
    assert inputs(np.array([[1.5, np.nan], [np.inf, -np.inf]], dtype=dtype)) == [[1.5, None], ["Infinity", "-Infinity"]]


@pytest.mark.parametrize(
    ("rows", "marks"),
    [
        ([b"a"], [0]), (b"a", [0]), ([[1, "x"], [2, b"a"]], [1]), ([{"a": 1, "b": b"x"}, {"b": None, "c": bytearray(b"y")}], ["b", "c"]),
        ({"a": [b"x"], "b": ["t"]}, ["a"]), (pd.DataFrame({"t": ["x"], "a": [b"x"]}), ["a"]), (pd.Series([b"x"]), [0]),
        (pl.DataFrame({"t": ["x"], "a": [b"x"], "l": [[b"y"]]}), ["a", "l"]), (np.array([["t", b"a"]], dtype=object), [1]),
        ([{"a": {"b": [b"x"]}}], ["a"]), ([1, "x", None], None), (np.ones((2, 2)), None), (pd.DataFrame({"t": ["x", None]}), None),
    ],
)  # fmt: skip
def test_columns_of_bytes_are_named(rows: Any, marks: Any) -> None:
    assert json.loads(encode_inputs(rows)).get("base64") == marks


def test_float32_survives_the_way_through_json_bit_for_bit() -> None:
    values = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    assert np.array_equal(np.array(inputs(values), dtype="float32"), values)


def test_numpy_scalars_in_lists() -> None:
    row = [np.float32(1.5), np.int64(3), np.nan, -math.inf, np.bool_(True), np.str_("a"), np.datetime64("2020-01-02")]
    assert inputs([row]) == [[1.5, 3, None, "-Infinity", True, "a", "2020-01-02"]]


def test_a_pandas_frame_gives_an_object_a_row_whatever_its_dtypes() -> None:
    frame = pd.DataFrame({
        "whole": pd.array([1, None], dtype="Int64"),
        "when": pd.to_datetime(["2020-01-01T12:00:00.123456789", None], format="ISO8601"),
        "kind": pd.Categorical(["x", None]),
        "text": ["s", None],
        "real": [1.0, math.inf],
        "flag": pd.array([True, None], dtype="boolean"),
    })  # fmt: skip
    assert inputs(frame) == [
        {"whole": 1, "when": "2020-01-01T12:00:00.123456789", "kind": "x", "text": "s", "real": 1.0, "flag": True},
        {"whole": None, "when": None, "kind": None, "text": None, "real": "Infinity", "flag": None},
    ]


def test_a_polars_frame_does_too() -> None:
    frame = pl.DataFrame(
        {"a": [1, None], "when": [date(2020, 1, 1), None], "real": [math.nan, math.inf], "t": ["x", None]}
    )
    first, second = inputs(frame)
    assert first == {"a": 1, "when": "2020-01-01", "real": None, "t": "x"}
    assert second == {"a": None, "when": None, "real": "Infinity", "t": None}


def test_a_dict_of_columns_or_tensors_gives_an_object_a_row() -> None:
    assert inputs({"a": [1, 2], "b": np.array([0.5, 1.5])}) == [{"a": 1, "b": 0.5}, {"a": 2, "b": 1.5}]
    tensor = np.arange(8).reshape(2, 2, 2)
    assert inputs({"t": tensor, "n": [1, 2]})[1] == {"t": [[4, 5], [6, 7]], "n": 2}


def test_bare_values_and_series() -> None:
    assert inputs(["a", "b"]) == inputs(np.array(["a", "b"])) == inputs(pd.Series(["a", "b"])) == ["a", "b"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({1, 2}, "set"),
        (5, "int"),
        (np.array(5), "single number"),
        ([1j], "complex"),
        ({"a": [1], "b": [1, 2]}, "differ in length"),
        ({"a": 1}, "list of values"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "same name"),
        (np.array([1j]), "complex128"),
    ],
)
def test_what_json_has_no_word_for_is_refused_in_words(rows: Any, said: str) -> None:
    with pytest.raises(InvalidRows, match=said):
        encode_inputs(rows)


def test_endless_nesting_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidRows, match="nested"):
        encode_inputs(endless)


def test_moments_of_a_zone_whose_offset_had_seconds_are_exact() -> None:
    series = pl.Series([-1_096_921_748_001]).cast(pl.Datetime("ms", "America/St_Johns"))
    assert inputs(series) == ["1935-03-30T03:30:51.999Z"]


@pytest.mark.parametrize("params", ["top_k=3", ["top_k", 3], [("top_k", 3)], 3])
def test_parameters_that_are_no_dict_are_refused_with_how_to_give_them(params: Any) -> None:
    for encode in (lambda: encode_inputs([1], params), lambda: encode_params(params)):
        with pytest.raises(InvalidRows, match="are a dict, got") as refused:
            encode()
        assert 'params={"top_k": 3}' in refused.value.hint


def test_no_parameters_and_an_empty_dict_send_none() -> None:
    assert [encode_inputs([1], params) for params in (None, {})] == [b'{"inputs":[1]}'] * 2
    assert encode_params({"top_k": 3}) == '{"top_k": 3}'
