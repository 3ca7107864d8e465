"""One moment is one text, whatever it came in."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from unshelf.worker.encoding.dates import iso_text, listed_times
from unshelf.worker.encoding.plain_values import plain

NOON = datetime.datetime.fromisoformat("2024-01-02T12:00:00")
LATER = datetime.datetime.fromisoformat("2024-01-02T12:00:00.500000")


@pytest.mark.parametrize(("moment", "text"), [(NOON, "2024-01-02T12:00:00"), (LATER, "2024-01-02T12:00:00.500000")])
@pytest.mark.parametrize(
    "contain",
    [
        lambda moment: [moment],
        lambda moment: np.array([moment], "datetime64[ms]"),
        lambda moment: np.array([moment], "datetime64[us]"),
        lambda moment: np.array([moment], "datetime64[ns]"),
        lambda moment: [np.datetime64(moment, "ns")],
        lambda moment: np.array([moment], object),
        lambda moment: pd.Series([moment]),
        lambda moment: pd.Series([moment]).astype("datetime64[ns]"),
        lambda moment: pd.DatetimeIndex([moment]),
        lambda moment: pd.Series([moment], dtype=object),
        lambda moment: pd.Series(pa.array([moment]), dtype=pd.ArrowDtype(pa.timestamp("us"))),
        lambda moment: pl.Series([moment]),
        lambda moment: pl.Series([moment], dtype=pl.Datetime("ns")),
        lambda moment: pl.Series([moment], dtype=pl.Datetime("ms")),
        lambda moment: pa.array([moment], pa.timestamp("ns")),
        lambda moment: pa.chunked_array([[moment]], pa.timestamp("ms")),
    ],
)
def test_a_moment_in_any_container(contain: Any, moment: datetime.datetime, text: str) -> None:
    assert plain(contain(moment)) == [text]


@pytest.mark.parametrize(
    "contain",
    [
        lambda moment: [moment],
        lambda moment: pd.Series([moment]),
        lambda moment: pd.Series([moment]).astype("datetime64[ns, Europe/Paris]"),
        lambda moment: pl.Series([moment.replace(tzinfo=None)]).dt.replace_time_zone("Europe/Paris"),
        lambda moment: pa.array([moment], pa.timestamp("us", "Europe/Paris")),
    ],
)
def test_a_zone_is_an_offset(contain: Any) -> None:
    moment = pd.Timestamp(NOON, tz="Europe/Paris").to_pydatetime()
    assert plain(contain(moment)) == ["2024-01-02T12:00:00+01:00"]


def test_units_of_numpy_and_gaps() -> None:
    def texts(unit: str) -> Any:
        return listed_times(np.array(["2024-01-02T12:30", "NaT"], f"datetime64[{unit}]"))

    assert [texts(unit)[0] for unit in ("Y", "M", "D")] == ["2024-01-01", "2024-01-01", "2024-01-02"]
    assert [texts(unit)[0] for unit in ("h", "m", "s", "us", "ns")] == [
        "2024-01-02T12:00:00", *["2024-01-02T12:30:00"] * 4,
    ]  # fmt: skip
    assert {texts(unit)[1] for unit in ("Y", "W", "D", "m", "ns")} == {None}
    assert listed_times(np.array([90, "NaT"], "timedelta64[s]")) == [90.0, None]
    assert listed_times(np.array([[1, 2]], "timedelta64[ms]")) == [[0.001, 0.002]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01T00:00:00.000000000", "2024-01-01T00:00:00"),
        ("2024-01-01T00:00:00.100", "2024-01-01T00:00:00.100000"),
        ("2024-01-01T00:00:00.000000001+02:00", "2024-01-01T00:00:00.000000001+02:00"),
        ("2024-01-01T00:00:00.000000000001", "2024-01-01T00:00:00.000000000001"),
    ],
)
def test_fractions_have_six_digits_or_nine_and_more(text: str, wanted: str) -> None:
    assert iso_text(text) == wanted


def test_nanoseconds_are_kept() -> None:
    moment = pd.Timestamp("2024-01-01T00:00:00.000000007")
    wanted = ["2024-01-01T00:00:00.000000007"]
    numpy = np.array([moment.to_datetime64()])
    for held in (numpy, pd.Series(numpy), pl.Series(numpy), pa.array(numpy), [moment]):
        assert plain(held) == wanted
    zoned = pa.array(numpy).cast(pa.timestamp("ns", "UTC"))
    assert (
        plain(zoned) == plain(pl.Series(numpy).dt.replace_time_zone("UTC")) == ["2024-01-01T00:00:00.000000007+00:00"]
    )
