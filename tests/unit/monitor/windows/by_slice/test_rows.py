"""Rows of a slice are found whatever their requests look like."""

from typing import Any

import pyarrow as pa
import pytest

from unshelf.monitor.windows.by_slice.rows import rows_in


def table(**columns: Any) -> Any:
    count = len(next(iter(columns.values())))
    moments = pa.array(range(count), pa.timestamp("ns"))
    return pa.table({"time": moments, "status": [200] * count, **columns})


def found(records: Any, slice: str) -> Any:
    rows = rows_in(records, slice)
    return (
        None if rows is None else {name: rows.column(name).to_pylist() for name in rows.column_names if name != "time"}
    )


def test_rows_of_requests_are_parted_with_all_their_columns() -> None:
    records = table(
        in_who=[["a", "b"], ["b"], ["a", "a"]], in_x=[[1.0, 2.0], [3.0], [4.0, None]], out=[[0, 1], [1], [0, 0]]
    )
    assert found(records, "who=a") == {
        "in_who": [["a"], ["a"], ["a"]],
        "in_x": [[1.0], [4.0], [None]],
        "out": [[0], [0], [0]],
    }
    assert found(records, "who=b")["in_x"] == [[2.0], [3.0]]
    rows = rows_in(records, "who=b")
    assert [each.value for each in rows.column("time")] == [0, 1]


def test_columns_of_other_lengths_have_no_value_there_and_tensors_are_left_out() -> None:
    records = table(in_who=[["a", "b"], ["a"]], out=[[9], [7]], in_v=[[[1.0], [2.0]], [[3.0]]])
    assert found(records, "who=a") == {"in_who": [["a"], ["a"]], "out": [[None], [7]]}


@pytest.mark.parametrize(
    ("slice", "rows"), [("n=1", 2), ("n=2", 1), ("f=0.5", 1), ("f=1", 2), ("b=true", 1), ("b=True", None)]
)
def test_values_are_written_as_labels_are(slice: str, rows: int | None) -> None:
    records = table(in_n=[[1, 2, 1]], in_f=[[1.0, 0.5, 1.0]], in_b=[[True, False, None]])
    assert (None if (got := rows_in(records, slice)) is None else got.num_rows) == rows


def test_failed_requests_and_unknown_inputs_have_no_rows() -> None:
    records = table(in_who=[["a"]]).set_column(1, "status", pa.array([500]))
    assert rows_in(records, "who=a") is None
    assert rows_in(table(in_who=[["a"]]), "other=a") is None
