"""Columns of pandas have the dtype, the gaps and the label that the signature names."""

from typing import Any

import numpy as np
import pytest

from unshelf.worker.inputs.libraries.pandas_columns import labels_of, pandas_series


@pytest.mark.parametrize(
    ("field", "values", "dtype"),
    [
        ({"type": "int64", "dtype": "Int64"}, [1, 2], "Int64"),
        ({"type": "float32", "dtype": "Float32"}, [1.5, None], "Float32"),
        ({"type": "float64", "dtype": ">f8"}, [1.5], ">f8"),
        ({"type": "string", "dtype": "string[python]"}, ["a", None], "string[python]"),
        ({"type": "int64", "dtype": "arrow:int64"}, [1, None], "int64[pyarrow]"),
        ({"type": "datetime", "dtype": "datetime64[s]"}, [0, None], "datetime64[s]"),
        ({"type": "datetime", "dtype": "datetime64[ns, UTC]"}, [0], "datetime64[ns, UTC]"),
        ({"type": "datetime", "dtype": "arrow:date32[day]"}, [19723, None], "date32[day][pyarrow]"),
        ({"type": "duration", "dtype": "timedelta64[ms]"}, [1, None], "timedelta64[ms]"),
    ],
)
def test_a_column_has_the_dtype_that_is_named(field: dict[str, Any], values: list[Any], dtype: str) -> None:
    series = pandas_series(field)(values)
    assert str(series.dtype) == dtype or series.dtype == dtype
    assert series.isna().tolist() == [value is None for value in values]


def test_cells_of_objects_stay_what_they_are() -> None:
    cells = [np.zeros(2), None, [1, 2]]
    series = pandas_series({"type": "json"})(cells)
    assert series.dtype == object
    assert all(got is cell for got, cell in zip(series, cells, strict=True))


def test_categories_of_numbers_keep_their_codes() -> None:
    field = {"type": "int64", "categories": [30, 10], "ordered": True, "dtype": "int8"}
    series = pandas_series(field)([10, None, 30])
    assert series.cat.codes.tolist() == [1, -1, 0]
    assert (series.cat.ordered, series.cat.categories.dtype) == (True, np.int8)


def test_labels_need_not_be_texts() -> None:
    assert list(labels_of([{"name": "0", "label": 0}, {"name": "a"}])) == [0, "a"]
    assert labels_of([{"name": "x", "label": ["a", 1]}]).nlevels == 2
