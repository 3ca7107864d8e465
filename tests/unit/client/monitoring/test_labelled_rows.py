"""Tables become labels: files, DataFrames and rows, with usual and own columns."""

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
    with pytest.raises(InvalidInput, match="is no moment"):
        labels([{"id": "p", "label": 1, "at": "soon"}])
    with pytest.raises(InvalidInput, match="Rows come as"):
        labels(3)
    assert labels([{"id": "p", "label": 1, "at": date(2026, 1, 2)}])[0]["at"] == "2026-01-02T00:00:00+00:00"
