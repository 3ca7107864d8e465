"""Values of columns as JSON has them: missing values, moments, bytes, large and whole numbers."""

import base64
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from unshelf.develop.datasets.json_values import is_text, json_values, plain_value


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1.5, math.nan, math.inf, -math.inf, None]), [1.5, None, "Infinity", "-Infinity", None]),
        (pa.array([0.1, 5e-324, 1.7976931348623157e308]), [0.1, 5e-324, 1.7976931348623157e308]),
        (pa.array([2**63 - 1, -(2**63)]), [2**63 - 1, -(2**63)]),
        (pa.array([2**64 - 1], pa.uint64()), [2**64 - 1]),
        (pa.array([1, None]), [1, None]),
        (pa.array([True, None]), [True, None]),
        (pa.array([date(2024, 2, 29)]), ["2024-02-29"]),
        (pa.array([1709168523000004], pa.timestamp("us")), ["2024-02-29T01:02:03.000004"]),
        (pa.array([1709168523000000001], pa.timestamp("ns")), ["2024-02-29T01:02:03.000000001"]),
        (pa.array([datetime(2024, 1, 1, tzinfo=UTC), None]), ["2024-01-01T00:00:00.000000+00:00", None]),
        (pa.array([b"\x00\xff"]), [base64.b64encode(b"\x00\xff").decode()]),
        (pa.array([[1.0, math.nan], None]), [[1.0, None], None]),
        (pa.array([{"at": date(2024, 1, 1)}]), [{"at": "2024-01-01"}]),
        (pa.array([Decimal("1.50")]), [1.5]),
    ],
)  # fmt: skip
def test_values_are_those_that_json_has(values: pa.Array, expected: list[Any]) -> None:
    assert json_values(values) == expected


def test_whole_decimals_keep_all_digits_where_whole_numbers_are_wanted() -> None:
    large = pa.array([Decimal(2**63 + 5)], pa.decimal128(20, 0))
    assert json_values(large, whole=True) == [2**63 + 5]


def test_values_in_values_are_plain_too() -> None:
    assert plain_value({1: (date(2024, 1, 1), b"x")}) == {"1": ["2024-01-01", "eA=="]}
    assert (is_text(pa.large_string()), is_text(pa.binary())) == (True, False)
