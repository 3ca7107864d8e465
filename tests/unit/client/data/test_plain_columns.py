"""Columns of plain values: what they are of, and what stood for a missing one."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from unshelf.client.data.plain_columns import objects_column, values_column
from unshelf.client.errors import InvalidRows

DAY = datetime.date(2024, 5, 1)
NOON = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("values", "type", "missing", "items"),
    [
        (["a", float("nan")], "string", "nan", None),
        (["a", None], "string", None, None),
        ([1.5, None], "float64", "none", None),
        ([1, float("nan")], "float64", None, None),
        ([True, pd.NA], "bool", "na", None),
        ([DAY, None], "datetime", None, "date"),
        ([NOON], "datetime", None, "datetime[UTC]"),
        ([datetime.timedelta(1)], "duration", None, None),
        ([np.zeros(2, "float32")], "json", None, "ndarray[<f4]"),
        ([2**63], "uint64", None, None),
        ([2**70], "json", None, None),
    ],
)
def test_plain_values(values: list[Any], type: str, missing: str | None, items: str | None) -> None:
    column = values_column("x", values)
    assert (column.type, column.missing, column.items, column.dtype) == (type, missing, items, None)


def test_in_an_array_of_objects_nan_is_nothing_but_a_gap() -> None:
    column = objects_column("x", [1, float("nan"), 2])
    assert (column.type, column.missing, column.nullable, column.dtype) == ("int64", "nan", True, "object")


@pytest.mark.parametrize(
    "values",
    [[DAY, NOON], [NOON, NOON.replace(tzinfo=None)], [np.zeros(1, "float32"), np.zeros(1)], [np.zeros(1, complex)]],
)
def test_mixtures_that_would_come_back_otherwise_are_refused(values: list[Any]) -> None:
    with pytest.raises(InvalidRows, match="x"):
        values_column("x", values)
