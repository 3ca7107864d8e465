"""Columns of polars have the type that the signature names; nothing but types of polars can be named."""

from typing import Any

import polars as pl
import pytest

from unshelf.worker.inputs.libraries.polars_columns import nested_reader, polars_series, polars_type


@pytest.mark.parametrize(
    ("kind", "type_name"),
    [
        (pl.Date(), "datetime"), (pl.Datetime("ns", "Europe/Paris"), "datetime"), (pl.Duration("ms"), "duration"),
        (pl.List(pl.Int16), "json"), (pl.Array(pl.Float32, 2), "json"), (pl.Categorical(), "string"),
        (pl.Struct({"a": pl.Int8, "b": pl.List(pl.String)}), "json"),
    ],
)  # fmt: skip
def test_a_type_is_found_by_the_name_that_polars_gives_it(kind: Any, type_name: str) -> None:
    assert polars_type({"type": type_name, "dtype": str(kind)}) == kind


@pytest.mark.parametrize("name", ["__import__('os')", "DataFrame", "List(open)", "(1).real", "read_csv('x')"])
def test_what_is_no_type_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        polars_type({"type": "json", "dtype": name})


def test_counts_become_moments() -> None:
    series = polars_series({"name": "d", "type": "datetime", "dtype": "Date"})([19723, None])
    assert (series.dtype, series.null_count(), str(series[0])) == (pl.Date, 1, "2024-01-01")


def test_cells_are_held_against_the_type_of_lists_and_structs() -> None:
    read = nested_reader({"type": "json", "dtype": "List(Int8)"})
    assert read is not None
    assert read([1, 2]) == [1, 2]
    for wrong in (["a"], {"a": 1}, [300], 5):
        with pytest.raises(ValueError):
            read(wrong)
    assert nested_reader({"type": "json"}) is None
