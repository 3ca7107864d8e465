"""Columns of pandas: only what pandas would not make by itself is named in the signature."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from unshelf.client.data.pandas_columns import column_of
from unshelf.client.errors import InvalidRows


@pytest.mark.parametrize(
    ("values", "facts"),
    [
        (pd.Series([1, 2]), ("int64", None, None)),
        (pd.Series([1.5, None]), ("float64", None, None)),
        (pd.Series(["a", None]), ("string", None, None)),
        (pd.Series([1, None], dtype="Int64"), ("int64", "Int64", None)),
        (pd.Series(["a", np.nan], dtype=object), ("string", "object", "nan")),
        (pd.Series([True, np.nan], dtype=object), ("bool", "object", "nan")),
        (pd.Series([1.5, None], dtype="double[pyarrow]"), ("float64", "arrow:double", "none")),
        (pd.Series(pd.to_datetime(["2024-01-01"]).as_unit("ns")), ("datetime", "datetime64[ns]", None)),
        (pd.Series(pd.to_datetime(["2024-01-01"]).tz_localize("Asia/Tokyo").as_unit("s")), ("datetime", "datetime64[s, Asia/Tokyo]", None)),
        (pd.Series(["a"], dtype="string[python]"), ("string", "string[python]", None)),
    ],
)  # fmt: skip
def test_what_the_signature_says_of_a_column(values: Any, facts: tuple[Any, ...]) -> None:
    column = column_of("x", values)
    assert (column.type, column.dtype, column.missing) == facts


def test_categories_of_any_plain_type() -> None:
    column = column_of("x", pd.Series(pd.Categorical([3, 1], categories=[3, 2, 1], ordered=True)))
    assert (column.type, column.categories, column.ordered, column.dtype) == ("int64", [3, 2, 1], True, None)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(pd.cut([1, 2], 2)), pd.Series(pd.period_range("2024", periods=2)), pd.Series([1j]),
        pd.Series(pd.to_datetime(["2024-01-01"])).astype("category"), pd.Series([1.0, 0.0], dtype="Sparse[float64]"),
        pd.Series(pd.Categorical([1.0, np.inf])),
    ],
)  # fmt: skip
def test_what_requests_can_not_carry_is_refused(values: Any) -> None:
    with pytest.raises(InvalidRows, match="can't be carried"):
        column_of("x", values)
