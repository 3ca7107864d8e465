"""Columns of polars: their exact type, and whether null or NaN is what is missing."""

from typing import Any

import polars as pl
import pytest

from unshelf.client.data.polars_columns import column_of
from unshelf.client.errors import InvalidRows


@pytest.mark.parametrize(
    ("values", "facts"),
    [
        (pl.Series([1.5, None]), ("float64", None, "none")),
        (pl.Series([1.5, float("nan")]), ("float64", None, None)),
        (pl.Series([0]).cast(pl.Date), ("datetime", "Date", None)),
        (
            pl.Series([0]).cast(pl.Datetime("ms", "UTC")),
            ("datetime", "Datetime(time_unit='ms', time_zone='UTC')", None),
        ),
        (pl.Series([0]).cast(pl.Datetime("us")), ("datetime", None, None)),
        (pl.Series([[1]]), ("json", "List(Int64)", None)),
    ],
)
def test_what_the_signature_says_of_a_column(values: Any, facts: tuple[Any, ...]) -> None:
    column = column_of("x", values)
    assert (column.type, column.dtype, column.missing) == facts


def test_an_enum_has_categories() -> None:
    assert column_of("x", pl.Series(["a"], dtype=pl.Enum(["b", "a"]))).categories == ["b", "a"]


@pytest.mark.parametrize(
    "values", [pl.Series([[b"x"]]), pl.Series([0]).cast(pl.Time), pl.Series([[0]]).cast(pl.List(pl.Date))]
)
def test_what_requests_can_not_carry_is_refused(values: Any) -> None:
    with pytest.raises(InvalidRows, match="can't"):
        column_of("x", values)
