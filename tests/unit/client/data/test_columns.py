"""The type of a column, whichever library its values come from, and whether some are missing."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unshelf.client.data.columns import column_of, merge
from unshelf.client.data.dtypes import type_of_dtype
from unshelf.client.data.plain_columns import values_column, widen
from unshelf.client.errors import InvalidRows
from unshelf.contracts.signature import Column


@pytest.mark.parametrize(
    ("values", "type", "nullable"),
    [
        (np.array([1.0, np.nan]), "float64", True),
        (np.array([1], dtype="int8"), "int8", False),
        (np.array(["a"]), "string", False),
        (np.array(["2024-01-01"], dtype="datetime64[D]"), "datetime", False),
        (pd.Series([1, None], dtype="Int64"), "int64", True),
        (pd.Series([True, False]), "bool", False),
        (pl.Series([1.5, None]), "float64", True),
        (pl.Series(["a", "b"]), "string", False),
        ([1, 2.5, None], "float64", True),
        ([1, "a"], "json", False),
        ([datetime(2024, 1, 1)], "datetime", False),  # noqa: DTZ001 -- as notebooks write it
        ([{"a": 1}], "json", False),
        ([], "json", False),
    ],
)
def test_a_column_has_the_type_of_its_values(values: Any, type: str, nullable: bool) -> None:
    column = column_of("x", values)
    assert (column.name, column.type, column.nullable) == ("x", type, nullable)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("int8", "int8", "int8"),
        ("int8", "uint32", "int64"),
        ("float16", "float32", "float32"),
        ("int64", "float32", "float64"),
        ("bool", "string", "json"),
    ],
)
def test_two_types_widen_to_the_narrowest_that_holds_both(one: Any, other: Any, both: str) -> None:
    assert widen(one, other) == widen(other, one) == both


def test_gaps_of_the_baseline_make_a_column_nullable_and_its_integers_floats() -> None:
    merged = merge(Column(name="x", type="int64"), Column(name="x", type="float64", nullable=True, categories=["a"]))
    assert (merged.type, merged.nullable, merged.categories) == ("float64", True, ["a"])


def test_a_missing_float_says_its_type_and_none_says_nothing() -> None:
    assert values_column("x", [float("nan")]).type == "float64"
    assert values_column("x", [None, "a"]).type == "string"


@pytest.mark.parametrize("dtype", ["complex128", "float128", "period[M]", "object"])
def test_a_dtype_without_a_place_in_json_is_refused(dtype: str) -> None:
    with pytest.raises(InvalidRows, match="can't be carried by JSON"):
        type_of_dtype(dtype)
