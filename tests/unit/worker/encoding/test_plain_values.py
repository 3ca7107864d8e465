"""Values of any library as the ones that JSON has."""

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import types
import uuid
from typing import Any, NamedTuple

import attrs
import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pydantic
import pytest
from scipy import sparse

from unshelf.worker.encoding.plain_values import plain
from unshelf.worker.errors import Unwritable


class Found(pydantic.BaseModel):
    label: str
    raw: bytes = b""
    hidden: int = pydantic.Field(default=1, exclude=True)


class Roots(pydantic.RootModel[list[int]]):
    pass


@dataclasses.dataclass
class Point:
    x: float
    inner: Any = None


@attrs.define
class Attributes:
    x: int


class Struct(msgspec.Struct):
    x: int


class Pair(NamedTuple):
    left: int
    right: Any


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Found(label="cat"), {"label": "cat", "raw": ""}),
        (Roots([1, 2]), [1, 2]),
        (Point(1.5, Point(np.float32(0.5))), {"x": 1.5, "inner": {"x": 0.5, "inner": None}}),
        (Attributes(1), {"x": 1}),
        (Struct(1), {"x": 1}),
        (Pair(1, Pair(2, b"a")), {"left": 1, "right": {"left": 2, "right": "YQ=="}}),
        (types.SimpleNamespace(a=1), {"a": 1}),
        (types.MappingProxyType({"a": (1, 2)}), {"a": [1, 2]}),
        (collections.UserDict(a=1), {"a": 1}),
        (collections.OrderedDict(a=np.int64(1)), {"a": 1}),
        ({1: "a", 1.5: "b", False: "c", None: "d"}, {"1": "a", "1.5": "b", "false": "c", "null": "d"}),
        ({datetime.date(2024, 1, 2): 1, Colour.RED: 2, np.int64(7): 3}, {"2024-01-02": 1, "red": 2, "7": 3}),
        (map(str, [1, 2]), ["1", "2"]),
        (zip("ab", range(2), strict=True), [["a", 0], ["b", 1]]),
        ((number for number in (1, 2)), [1, 2]),
        (collections.deque([1, 2]), [1, 2]),
        (range(3), [0, 1, 2]),
        ({"a": 1}.keys(), ["a"]),
        (array.array("d", [0.5]), [0.5]),
        (collections.UserList([1, b"a"]), [1, "YQ=="]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", 1}), ["b", 1]),
        ([b"YWJjZA==", b"abcd", b"\xff\x00", bytearray(b"a"), memoryview(b"a")], ["WVdKalpBPT0=", "YWJjZA==", "/wA=", "YQ==", "YQ=="]),
        (np.bytes_(b"a"), "YQ=="),
        (np.array([b"ab", b"c"]), ["YWI=", "Yw=="]),
        (decimal.Decimal("1.50"), "1.50"),
        (decimal.Decimal("NaN"), None),
        (fractions.Fraction(1, 3), "1/3"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (pathlib.PurePosixPath("a/b"), "a/b"),
        (ipaddress.ip_address("::1"), "::1"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (np.str_("é"), "é"),
        (np.bool_(True), True),
        (2**70, 2**70),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.longdouble("1.5"), 1.5),
        (np.float16(0.1), 0.0999755859375),
        (np.array(5), 5),
        (np.ma.array([1, 2], mask=[False, True]), [1, None]),
        (np.ma.masked, None),
        (np.array([(1, "a")], dtype=[("n", "i4"), ("s", "U2")]), [{"n": 1, "s": "a"}]),
        (np.array([(1, "a")], dtype=[("n", "i4"), ("s", "U2")])[0], {"n": 1, "s": "a"}),
        (np.array([1, 2], ">i4"), [1, 2]),
        (np.array([Point(1.0), None], object), [{"x": 1.0, "inner": None}, None]),
        (pd.Timestamp("2024-01-01T00:00:00.000000001", tz="Europe/Paris"), "2024-01-01T00:00:00.000000001+01:00"),
        (pd.NaT, None),
        (pd.NA, None),
        (pd.Interval(0, 1), {"left": 0, "right": 1, "closed": "right"}),
        (pd.Period("2024-01", freq="M"), "2024-01"),
        (pd.array([1, None], dtype="Int64"), [1, None]),
        (pd.Index(["a", "b"]), ["a", "b"]),
        (pd.MultiIndex.from_tuples([("a", 1)]), [["a", 1]]),
        (pd.DataFrame({"a": [1], "t": pd.to_datetime(["2024-01-01"])}), [{"a": 1, "t": "2024-01-01T00:00:00"}]),
        (pl.DataFrame({"a": [1, None]}), [{"a": 1}, {"a": None}]),
        (pl.Series([[1, 2], None]), [[1, 2], None]),
        (pl.Series([{"a": b"x"}]), [{"a": "eA=="}]),
        (pa.table({"a": [1, None]}), [{"a": 1}, {"a": None}]),
        (pa.array([datetime.date(2024, 1, 2)]), ["2024-01-02"]),
        (pa.scalar(7), 7),
        (sparse.csr_matrix([[0, 1]]), [[0, 1]]),
        (datetime.timedelta(days=1, microseconds=5), 86400.000005),
        (datetime.time(1, 2, 3), "01:02:03"),
    ],
)  # fmt: skip
def test_a_value_that_json_lacks_is_one_that_it_has(value: Any, wanted: Any) -> None:
    found = plain(value)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1j, "complex"),
        (np.complex64(1), "complex"),
        (np.array([1j]), "complex"),
        (object(), "builtins.object"),
        (lambda: 1, "function"),
        ({1: "a", "1": "b"}, "the name '1'"),
        (np.array(["1e400"], np.longdouble), "64 bits"),
        (sparse.csr_matrix((10**6, 10**6)), "sparse matrix of shape"),
    ],
)
def test_what_has_no_place_in_json_says_what_to_return(value: Any, said: str) -> None:
    with pytest.raises(Unwritable, match=said):
        plain([value])


def test_plain_lists_are_taken_as_they_are() -> None:
    for values in ([1.5, 2.5], ["a", None], [[1.0], [2.0, 3.0]]):
        assert plain(values) is values
