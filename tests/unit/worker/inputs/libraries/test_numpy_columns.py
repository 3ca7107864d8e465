"""Arrays of one dimension have the type that the signature names."""

from typing import Any

import numpy as np
import pytest

from unshelf.worker.inputs.libraries.numpy_columns import count_array, numpy_array


@pytest.mark.parametrize(
    ("field", "values", "wanted"),
    [
        ({"type": "float32"}, [1, 2.5], np.array([1, 2.5], "float32")),
        ({"type": "int16", "dtype": ">i2"}, [1], np.array([1], ">i2")),
        ({"type": "datetime", "dtype": "datetime64[D]"}, [19723, None], np.array(["2024-01-01", "NaT"], "M8[D]")),
        ({"type": "string", "dtype": "str"}, ["a", "bcd"], np.array(["a", "bcd"])),
        ({"type": "string"}, ["a"], np.array(["a"], object)),
        ({"type": "int64", "nullable": True}, [1, None], np.array([1, None], object)),
    ],
)
def test_a_column_is_an_array_of_its_type(field: dict[str, Any], values: list[Any], wanted: Any) -> None:
    array = numpy_array(field)(values)
    assert array.dtype == wanted.dtype
    assert array.astype(str).tolist() == wanted.astype(str).tolist()


def test_lists_in_cells_are_not_spread() -> None:
    assert numpy_array({"type": "json"})([[1, 2], [3, 4]]).shape == (2,)


def test_a_missing_count_is_no_time() -> None:
    assert np.isnat(count_array([None]).view("M8[s]")).all()
