"""Signatures are inferred from what a model was shown."""

from typing import Any

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pytest

from unshelf.client.data.signatures import infer
from unshelf.client.errors import InvalidModel
from unshelf.contracts.signature import Columns


def fields(example: Any, baseline: Any = None, **how: Any) -> list[tuple[Any, ...]]:
    """(name, type) or (name, type, "null") of each column."""
    found = infer(example, baseline, **how).inputs
    assert isinstance(found, Columns)
    return [(c.name, c.type, *(["null"] if c.nullable else [])) for c in found.columns]


def container(example: Any, **how: Any) -> str:
    found = infer(example, **how).inputs
    return found.container if isinstance(found, Columns) else "tensors"


def test_each_kind_of_example_names_its_container() -> None:
    assert container(np.zeros((2, 3))) == "numpy"
    assert container(pd.DataFrame({"a": [1]})) == "pandas"
    assert container(pl.DataFrame({"a": [1]})) == "polars"
    assert container([[1, 2]]) == "lists"
    assert container([{"a": 1}]) == "dicts"
    assert container({"a": [1, 2]}) == "columns"
    assert container(["text"]) == "values"
    assert container(np.zeros((2, 3, 4))) == "tensors"
    assert container(np.zeros((2, 3)), hint="tensors") == "tensors"
    assert container([{"a": 1}], container="pandas") == "pandas"


def test_gaps_are_seen_in_the_example_and_in_the_baseline() -> None:
    """Given an example without gaps and training data with one, then only that column may be missing."""
    example, baseline = np.zeros((2, 2)), np.array([[1.0, np.nan]])
    assert fields(example, baseline) == [("x0", "float64"), ("x1", "float64", "null")]


def test_an_integer_column_that_gaps_made_floats_is_a_float_column() -> None:
    assert fields(pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, None]})) == [("a", "float64", "null")]


def test_pandas_dtypes() -> None:
    frame = pd.DataFrame({
        "whole": pd.array([1, None], dtype="Int32"), "when": pd.to_datetime(["2020-01-01", None]), "text": ["s", "t"],
        "flag": pd.array([True, None], dtype="boolean"), "real": np.array([1, 2], dtype="float32"), "odd": [[1], {"a": 2}],
        "code": pd.Categorical([3, 4]),
    })  # fmt: skip
    assert fields(frame) == [
        ("whole", "int32", "null"), ("when", "datetime", "null"), ("text", "string"), ("flag", "bool", "null"),
        ("real", "float32"), ("odd", "json"), ("code", "int64"),
    ]  # fmt: skip


def test_a_categorical_keeps_its_categories_in_order() -> None:
    frame = pd.DataFrame({"size": pd.Categorical(["s", "l"], categories=["s", "m", "l"])})
    inputs = infer(frame).inputs
    assert isinstance(inputs, Columns)
    assert inputs.columns[0].categories == ["s", "m", "l"]


def test_polars_dtypes() -> None:
    frame = pl.DataFrame(
        {"a": [1, None], "b": [1.0, float("nan")], "c": ["x", "y"], "d": [True, False], "e": [[1], [2]]}
    )
    assert fields(frame) == [
        ("a", "int64", "null"), ("b", "float64", "null"), ("c", "string"), ("d", "bool"), ("e", "json"),
    ]  # fmt: skip


def test_plain_values_widen() -> None:
    assert fields([{"a": 1, "b": None, "c": 1}, {"a": 2.5, "b": "x", "c": "y"}]) == [
        ("a", "float64"), ("b", "string", "null"), ("c", "json"),
    ]  # fmt: skip


def test_a_model_that_remembers_its_columns_names_them() -> None:
    assert [name for name, *_ in fields(np.zeros((1, 2)), feature_names=["age", "fare"])] == ["age", "fare"]
    with pytest.raises(InvalidModel, match="trained on 3 columns, the example has 2"):
        infer(np.zeros((1, 2)), feature_names=["a", "b", "c"])


def test_tensors_by_name_and_shape() -> None:
    found = msgspec.to_builtins(infer({"image": np.zeros((2, 8, 8), "float32"), "mask": np.zeros((2, 8), bool)}).inputs)
    assert [(t["name"], t["type"], t["shape"]) for t in found["tensors"]] == [
        ("image", "float32", [-1, 8, 8]), ("mask", "bool", [-1, 8]),
    ]  # fmt: skip
    nested = msgspec.to_builtins(infer([[[1.0, 2.0]], [[3.0, 4.0]]], container="tensors").inputs)
    assert nested["tensors"] == [{"name": "input", "type": "float32", "shape": [-1, 1, 2]}]


def test_one_dimension_and_dicts_of_arrays_have_containers_of_their_own() -> None:
    assert container(np.zeros(2)) == "vector"
    assert container(pd.Series([1.0], name="v")) == "series"
    assert container(pl.Series("v", [1.0])) == "polars_series"
    assert container({"a": np.zeros(2), "b": np.zeros(2)}) == "arrays"


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]), "same name: 'a'"),
        (pd.DataFrame([[1.0, 2.0]], columns=[0, "0"]), "same name: '0'"),
        ({"a": np.zeros(2), "b": [1, 2]}, "dict of"),
        ({"a": 1.0, "b": 2.0}, "one row, not rows"),
        (np.array(5.0), "single number"),
        (pd.Index([1, 2]), "pandas.Index"),
        (np.ma.masked_array([1.0, 2.0], [True, False]), "MaskedArray"),
        (np.zeros(2, "datetime64[M]"), "datetime64"),
        (pd.DataFrame({"a": [1j]}), "complex128"),
        ([], "empty"),
        ({1}, "set"),
        ([{"a": 1}, {"b": 1}], "Row 1"),
        ([[1, 2], [1]], "Row 1"),
    ],
)
def test_what_is_no_example_is_refused_in_words(example: Any, said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        infer(example)


def test_a_baseline_without_the_examples_columns_is_refused() -> None:
    with pytest.raises(InvalidModel, match="lacks 'b'"):
        infer(pd.DataFrame({"a": [1], "b": [1]}), pd.DataFrame({"a": [1]}))
