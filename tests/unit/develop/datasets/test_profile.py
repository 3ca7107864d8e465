"""The profile of a table, and files as tables: gaps, extremes, types."""

import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.develop.datasets.profile import profile_of
from unshelf.develop.datasets.tabular import TableView, open_table

MEMORY = 256 << 20


def opened(tmp_path: Path, **columns: Any) -> TableView:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table(columns), path)
    return open_table({"data.parquet": path}, "parquet", memory_bytes=MEMORY, threads=1, scratch=tmp_path)


def csv(tmp_path: Path, *texts: str) -> TableView:
    files = {f"{number}.csv": tmp_path / f"{number}" for number in range(len(texts))}
    for path, text in zip(files.values(), texts, strict=True):
        path.write_text(text)
    return open_table(files, "csv", memory_bytes=MEMORY, threads=1, scratch=tmp_path)


def only(table: TableView) -> ColumnProfile:
    (column,) = profile_of(table).columns
    return column


def test_numbers_have_gaps_extremes_mean_and_deviation(tmp_path: Path) -> None:
    found = only(opened(tmp_path, x=pa.array([1.0, 4.0, None, math.nan, math.inf])))
    assert (found.count, found.gaps, found.infinite) == (5, 2, 1)
    assert (found.minimum, found.maximum, found.mean, found.deviation) == (1.0, 4.0, 2.5, 1.5)


def test_codes_are_counted_and_identifiers_are_not(tmp_path: Path) -> None:
    found = only(opened(tmp_path, x=[2, 1, 2, 2]))
    assert [(top.value, top.count) for top in found.top] == [(2, 3), (1, 1)]
    assert only(opened(tmp_path, x=list(range(1000)))).top == []


def test_texts_have_their_lengths_and_the_most_frequent_ones(tmp_path: Path) -> None:
    found = only(opened(tmp_path, city=["Bonn", "Ulm", None, "Ulm"]))
    assert (found.type, found.gaps, found.minimum, found.maximum) == ("text", 1, 3, 4)
    assert [(top.value, top.count) for top in found.top] == [("Ulm", 2), ("Bonn", 1)]


def test_dates_booleans_and_timestamps_with_a_zone(tmp_path: Path) -> None:
    moment = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    table = opened(tmp_path, day=[date(2024, 1, 2), None], ok=[True, False], at=[moment, moment])
    day, ok, at = profile_of(table).columns
    assert (day.type, day.minimum, day.gaps) == ("date", "2024-01-02", 1)
    assert (ok.type, ok.mean) == ("boolean", 0.5)
    assert (at.type, at.maximum) == ("timestamp", "2024-01-02T03:04:05")
    assert profile_of(table).preview[1] == [None, False, "2024-01-02T03:04:05"]


def test_an_empty_table_has_a_profile(tmp_path: Path) -> None:
    found = profile_of(opened(tmp_path, x=pa.array([], pa.int64()), city=pa.array([], pa.string())))
    assert found.rows == 0
    assert [(each.minimum, each.mean, each.top) for each in found.columns] == [(None, None, [])] * 2


def test_nested_and_binary_columns_are_counted(tmp_path: Path) -> None:
    found = profile_of(opened(tmp_path, tags=[["a"], None], raw=[b"1", b"2"]))
    assert [(each.type, each.gaps) for each in found.columns] == [("other", 1), ("other", 0)]
    assert found.preview == [[["a"], "1 bytes"], [None, "1 bytes"]]
