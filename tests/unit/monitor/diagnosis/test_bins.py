"""Bins in SQL: DuckDB finds the same bin for a value as the profile did."""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.monitor.diagnosis.bins import MISSING, MOST_BINS, bands, binned, identifier, quoted, recorded_name, text_of
from unshelf.records.profiles.building import baseline_of, profile_of

ODD: list[Any] = [None, -1e300, 0.0, 0.5, 1.0, 1e300, float("nan"), float("inf")]


def profiles(kind: Any, before: list[Any], after: list[Any]) -> tuple[TableProfile, TableProfile]:
    baseline = baseline_of(lambda: [pa.table({"c": before})], {"c": kind})
    return baseline, profile_of([pa.table({"c": after})], {"c": kind}, baseline)


def places(sql: str, values: Any) -> list[Any]:
    with duckdb.connect() as connection:
        connection.register("given", pa.table({"value": values}))
        return [row[0] for row in connection.execute(f"select {sql} from given").fetchall()]


@pytest.mark.parametrize("kind", ["number", "category", "text"])
def test_rows_counted_in_sql_are_those_of_the_profile(kind: Any) -> None:
    random = np.random.default_rng(1)
    before: list[Any] = random.normal(0, 1, 500).tolist()
    after: list[Any] = random.normal(1, 2, 300).tolist()
    if kind != "number":
        before, after = (
            [f"v{round(abs(each) * 9)}" * (1 + (kind == "text")) for each in side] for side in (before, after)
        )
    old, new = profiles(kind, before, after)
    bins = binned(old.columns["c"], new.columns["c"])
    assert bins.place_of is not None
    found = places(bins.place_of("value"), pa.array([*after, None]))
    assert found[-1] is None
    assert np.bincount(found[:-1], minlength=len(bins.labels)).tolist() == bins.window.tolist()


def test_gaps_and_infinite_numbers_are_in_no_bin() -> None:
    old, new = profiles("number", [0.0, 1.0, 2.0], [each for each in ODD if each is not None])
    bins = binned(old.columns["c"], new.columns["c"])
    assert bins.place_of is not None
    found = places(bins.place_of("value"), pa.array(ODD, pa.float64()))
    assert [found[each] for each in (0, 6, 7)] == [None, None, None]
    assert (found[1], found[5]) == (0, len(bins.labels) - 1)


def test_many_values_are_the_most_frequent_ones_and_all_others() -> None:
    old, new = profiles("category", [f"v{each % 90}" for each in range(900)], ["v1", "new"] * 10)
    bins = binned(old.columns["c"], new.columns["c"])
    assert (len(bins.labels), bins.labels[-1]) == (MOST_BINS, "all others")
    assert bins.reference.sum() == 900
    assert bins.place_of is not None
    assert places(bins.place_of("value"), pa.array(["v1", "new"])) == [bins.labels.index("v1"), MOST_BINS - 1]


def test_slices_are_values_or_bands_of_numbers() -> None:
    old, _ = profiles("number", [float(each) for each in range(100)], [1.0])
    named = bands(old.columns["c"])
    assert named is not None
    found = places(named("value"), pa.array([1.0, 30.0, 99.0, None]))
    assert (found[0].startswith("below"), found[2].startswith("from"), found[3]) == (True, True, MISSING)
    assert len(set(places(named("value"), pa.array([float(each) for each in range(100)])))) == 4
    texts, _ = profiles("category", ["a", "b"], ["a"])
    of_text = bands(texts.columns["c"])
    assert of_text is not None
    assert places(of_text("value"), pa.array(["a", None])) == ["a", MISSING]
    words, _ = profiles("text", ["one long text", "another"], ["a"])
    assert bands(words.columns["c"]) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1.0, 2.5, -3.0]), ["1", "2.5", "-3"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([7, 8], pa.int8()), ["7", "8"]),
        (pa.array(["1.0", "x"]), ["1.0", "x"]),
        (pa.array(["y" * 250]), ["y" * 200 + "… (250 characters)"]),
    ],
)
def test_values_are_written_as_profiles_write_them(values: Any, expected: list[str]) -> None:
    assert places(text_of("value"), values) == expected


def test_names_and_texts_are_quoted() -> None:
    assert (quoted("o'Neil"), identifier('a"b')) == ("'o''Neil'", '"a""b"')
    assert (recorded_name("in:x y"), recorded_name("out:output"), recorded_name("out:risk")) == (
        '"in_x y"',
        "out",
        '"out_risk"',
    )
