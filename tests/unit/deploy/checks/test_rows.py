"""Rows of data become what versions are asked for."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.checks.rows import fit_rows, json_rows, take_label


def test_rows_are_json_without_label_and_unknown_columns() -> None:
    table = pa.table({"a": [1, None], "day": [date(2026, 1, 2)] * 2, "y": [0, 1]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    rows = json_rows(iter([sink.getvalue().to_pybytes()]))
    assert rows[0] == {"a": 1, "day": "2026-01-02", "y": 0}
    assert take_label(rows, "y") == [0, 1]
    signature = Signature(inputs=Columns(columns=[Column(name="a", type="int64")], container="dicts"))
    version: Any = SimpleNamespace(version=SimpleNamespace(checks=SimpleNamespace(signature=signature)))
    assert fit_rows(rows, version) == ["day"]
    assert rows == [{"a": 1}, {"a": None}]
    with pytest.raises(InvalidInput, match="no column 'y'"):
        take_label(rows, "y")
