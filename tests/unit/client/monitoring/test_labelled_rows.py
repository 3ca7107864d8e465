"""Tables become labels: files, DataFrames and rows, with usual and own columns."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unshelf.client.errors import InvalidInput
from unshelf.client.monitoring.labelled_rows import LabelColumns, labels_in


def labels(data: Any, **columns: str) -> list[dict[str, Any]]:
    return list(labels_in(data, LabelColumns(**columns)))


def test_csv_has_numbers_as_they_are_written_and_leaves_out_what_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("\ufeffprediction_id,label,row,at\np1,1,0,2026-11-30\np2,007,,\np3,-1.5e3,2,\np4,yes,,\n")
    assert labels(path) == [
        {"value": 1, "prediction_id": "p1", "row": 0, "at": "2026-11-30T00:00:00+00:00"},
        {"value": "007", "prediction_id": "p2"}, {"value": -1500.0, "prediction_id": "p3", "row": 2},
        {"value": "yes", "prediction_id": "p4"},
    ]  # fmt: skip


def test_json_lines_and_parquet(tmp_path: Path) -> None:
    (tmp_path / "truth.jsonl").write_text('{"key": 7, "truth": true}\n\n{"key": 8, "truth": "no"}\n')
    assert labels(tmp_path / "truth.jsonl") == [{"value": True, "key": "7"}, {"value": "no", "key": "8"}]
    pq.write_table(pa.table({"id": ["p1"], "value": [1.5]}), tmp_path / "truth.parquet")
    assert labels(str(tmp_path / "truth.parquet")) == [{"value": 1.5, "prediction_id": "p1"}]


@pytest.mark.parametrize(
    "make", [pd.DataFrame, pl.DataFrame, pa.table, lambda table: [{k: v[0] for k, v in table.items()}]]
)
def test_tables_of_all_libraries(make: Any) -> None:
    table = {"customer": [17], "left": [1], "seen": [datetime(2026, 11, 30, 12, tzinfo=UTC)]}
    found = labels(make(table), key="customer", label="left", at="seen")
    assert found == [{"value": 1, "key": "17", "at": "2026-11-30T12:00:00+00:00"}]
    assert type(found[0]["value"]) is int


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no column 'order'"):
        labels([{"a": 1, "b": 2}], key="order")
    with pytest.raises(InvalidInput, match="hold the label: it has id, b"):
        labels([{"id": 1, "b": 2}])
    with pytest.raises(InvalidInput, match="hold the prediction's id or key"):
        labels([{"label": 1}])
    with pytest.raises(InvalidInput, match="no rows"):
        labels([])
    with pytest.raises(InvalidInput, match="not a moment as ISO 8601"):
        labels([{"id": "p", "label": 1, "at": "soon"}])
    with pytest.raises(InvalidInput, match="Rows come as"):
        labels(3)
    assert labels([{"id": "p", "label": 1, "at": date(2026, 1, 2)}])[0]["at"] == "2026-01-02T00:00:00+00:00"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_are_parted_by_what_the_header_has(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("id,label,row\np1,yes,0\n".replace(",", delimiter))
    assert labels(path) == [{"value": "yes", "prediction_id": "p1", "row": 0}]


def test_a_comma_in_the_header_decides_before_a_semicolon_in_a_name(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("id,label,a;b\np1,yes;no,1\n")
    assert labels(path) == [{"value": "yes;no", "prediction_id": "p1"}]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b'id,label\np1,yes\np2,"no\np3,yes\n', "line 3: unexpected end of data"),
        ("b.csv", b"id,label\np1,yes\np2,no,maybe\n", "line 3: it has more cells than the header"),
        ("d.csv", "id,label\np1,männlich\n".encode("latin-1"), "it is no text in UTF-8"),
        ("e.csv", "id,label\np1,yes\n".encode("utf-16"), "it is no text in UTF-8"),
        ("f.jsonl", b'{"id": "p1", "label": 1}\n{"id": "p2", "label": NaN}\n', "line 2: JSON is malformed"),
        ("g.parquet", b"nothing of the kind", "g.parquet can't be read"),
        ("h.parquet", None, "No such file"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=says):
        labels(tmp_path / name)


@pytest.mark.parametrize("row", ["x", "1.5", 1.5, float("inf"), True, [1]])
def test_a_row_that_is_no_whole_number_is_refused_and_named(row: Any) -> None:
    with pytest.raises(InvalidInput, match="Row 1 of the data") as caught:
        labels([{"id": "p", "label": 1, "row": 0}, {"id": "p", "label": 1, "row": row}])
    assert caught.value.errors[0]["row"] == 1
    assert caught.value.errors[0]["column"] == "row"


@pytest.mark.parametrize("gap", [None, float("nan"), pd.NaT, pd.NA])
def test_a_gap_is_no_row_no_moment_and_no_id(gap: Any) -> None:
    assert labels([{"id": "p", "label": 1, "row": gap, "at": gap}]) == [{"value": 1, "prediction_id": "p"}]
    assert labels([{"id": gap, "label": 1}]) == [{"value": 1, "prediction_id": ""}]
    assert labels([{"k": gap, "label": 1}], key="k") == [{"value": 1, "key": ""}]


def test_a_column_with_gaps_has_its_whole_numbers_as_rows() -> None:
    found = labels(pd.DataFrame({"id": ["p", "q"], "label": [1, 0], "row": [2, None]}))
    assert [each.get("row") for each in found] == [2, None]


def test_a_cell_that_no_csv_has_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("id,label\np1," + "x" * 2_000 + "\n")
    limit = csv.field_size_limit(1_000)
    try:
        with pytest.raises(InvalidInput, match="line 2: field larger than field limit"):
            labels(path)
    finally:
        csv.field_size_limit(limit)
