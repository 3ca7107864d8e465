"""The library of a value is known by its type's name, subclasses by their base."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

from unshelf.client.data.data_types import kind_of, type_name


class Special(pd.DataFrame):
    """A subclass, as geopandas has one."""


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.zeros(2), "numpy_array"),
        (np.float32(1), "numpy_scalar"),
        (pd.DataFrame(), "pandas_frame"),
        (Special(), "pandas_frame"),
        (pd.Series(dtype=float), "pandas_series"),
        (pd.Index([1]), "pandas_series"),
        (pl.DataFrame(), "polars_frame"),
        (pa.table({}), "arrow_table"),
        ({}, "mapping"),
        ([1], "sequence"),
        ((1,), "sequence"),
        ("text", "other"),
        (b"bytes", "bytes"),
        (Image.new("L", (1, 1)), "image"),
        ({1}, "other"),
    ],
)
def test_each_kind_is_known(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


def test_types_are_named_as_people_write_them() -> None:
    assert [type_name(value) for value in (set(), np.zeros(1))] == ["set", "numpy.ndarray"]
    assert type_name(Special()).endswith(".Special")
