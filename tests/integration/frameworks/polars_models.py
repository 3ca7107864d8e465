"""Models on polars alone; each fails where another library of tables was imported."""

import sys
from typing import Any

import polars as pl


def echo(frame: pl.DataFrame) -> pl.DataFrame:
    _check(frame, pl.DataFrame)
    return frame


def summed(frame: pl.DataFrame) -> pl.Series:
    _check(frame, pl.DataFrame)
    return frame["whole"].cast(pl.Float64) + frame["real"]


def lazy(frame: pl.DataFrame) -> pl.LazyFrame:
    return frame.lazy().select(pl.col("text").str.to_uppercase(), pl.col("whole") * 2)


def shifted(series: pl.Series) -> list[Any]:
    _check(series, pl.Series)
    return (series + 1).to_list()


def _check(value: Any, kind: type) -> None:
    assert isinstance(value, kind), type(value)
    found = {"numpy", "pandas", "pyarrow"} & set(sys.modules)
    assert not found, found
