"""Types, zones and labels have names by which they are found again, or are refused."""

import zoneinfo
from datetime import timedelta, timezone, tzinfo
from typing import Any

import numpy as np
import pandas as pd
import pytest

from unshelf.client.data.dtypes import label_fields, type_of_dtype, zone_name
from unshelf.client.errors import InvalidRows


@pytest.mark.parametrize(
    ("dtype", "type"),
    [
        (">f8", "float64"),
        ("Int64", "int64"),
        ("timedelta64[ns]", "duration"),
        ("timestamp[us]", "datetime"),
        (">U4", "string"),
    ],
)
def test_dtypes_of_libraries(dtype: str, type: str) -> None:
    assert type_of_dtype(dtype) == type


@pytest.mark.parametrize(
    "dtype", ["datetime64[M]", "interval[int64, right]", "Sparse[float64, nan]", "Decimal", "Time", "|S3"]
)
def test_what_requests_can_not_carry_is_refused(dtype: str) -> None:
    with pytest.raises(InvalidRows, match="can't be carried"):
        type_of_dtype(dtype)


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (zoneinfo.ZoneInfo("Europe/Paris"), "Europe/Paris"), (timezone.utc, "UTC"),  # noqa: UP017 - as notebooks write it
        (timezone(timedelta(hours=-3, minutes=-30)), "UTC-03:30"),
    ],
)  # fmt: skip
def test_zones_have_names(zone: tzinfo, name: str) -> None:
    assert zone_name("t", zone) == name


def test_a_zone_without_a_name_is_refused() -> None:
    with pytest.raises(InvalidRows, match="no name"):
        zone_name("t", timezone(timedelta(seconds=17)))


@pytest.mark.parametrize(
    ("label", "fields"),
    [
        ("a", {"name": "a"}), (np.int64(3), {"name": "3", "label": 3}), (("a", 1), {"name": "('a', 1)", "label": ["a", 1]}),
        (None, {"name": "None", "label": None}),
    ],
)  # fmt: skip
def test_labels_are_kept_beside_their_names(label: Any, fields: dict[str, Any]) -> None:
    assert label_fields(label) == fields


@pytest.mark.parametrize("label", [pd.Timestamp("2024-01-01"), float("nan"), frozenset({1}), ("a", pd.NaT)])
def test_labels_that_json_does_not_have_are_refused(label: Any) -> None:
    with pytest.raises(InvalidRows, match="label"):
        label_fields(label)
