"""Records out of tables, and signatures out of examples."""

import pytest

from unshelf.client.errors import InvalidInput
from unshelf.client.monitoring.recorded_rows import (
    RecordedColumns,
    record_of,
    records_of_rows,
    signature_of,
    signature_of_rows,
)
from unshelf.contracts.signature import Columns


def test_rows_of_a_table_are_divided_into_inputs_answers_and_what_is_said_of_them() -> None:
    rows = [{"id": 7, "time": "2026-11-01", "age": 3, "prediction": "a", "latency_ms": None}]
    assert list(records_of_rows(rows, RecordedColumns())) == [
        {"inputs": {"age": 3}, "output": "a", "id": 7, "time": "2026-11-01"}
    ]
    named = RecordedColumns(outputs=["label", "score"], id="key")
    rows = [{"key": "k", "id": 1, "label": "a", "score": 0.5}]
    assert list(records_of_rows(rows, named)) == [
        {"inputs": {"id": 1}, "output": {"label": "a", "score": 0.5}, "id": "k"}
    ]
    ready = [{"inputs": {"x": 1}, "error": "late"}]
    assert list(records_of_rows(ready, RecordedColumns())) == ready


@pytest.mark.parametrize("columns", [RecordedColumns(), RecordedColumns(outputs=["gone"]), RecordedColumns(id="gone")])
def test_a_table_without_an_answer_or_a_named_column_is_refused(columns: RecordedColumns) -> None:
    with pytest.raises(InvalidInput):
        list(records_of_rows([{"age": 3}], columns))


def test_a_signature_is_seen_in_records() -> None:
    found = signature_of_rows(
        [{"age": 3, "plan": "a", "output": 0.5}, {"age": None, "plan": "b", "output": 1}], RecordedColumns()
    )
    assert isinstance(found.inputs, Columns) and isinstance(found.outputs, Columns)
    assert [(each.name, each.type) for each in found.inputs.columns] == [("age", "int64"), ("plan", "string")]
    assert [(each.name, each.type) for each in found.outputs.columns] == [("output", "float64")]
    several = signature_of([{"x": 1.0}], [{"label": "a", "score": 0.5}])
    assert isinstance(several.outputs, Columns)
    assert [each.name for each in several.outputs.columns] == ["label", "score"]
    with pytest.raises(InvalidInput, match="no answers"):
        signature_of_rows([{"inputs": {"x": 1}, "error": "late"}], RecordedColumns())


def test_a_record_has_what_was_said_of_it() -> None:
    assert record_of({"x": 1}, 2, id=5) == {"inputs": {"x": 1}, "output": 2, "id": 5}
    assert record_of([1], error="late", latency_ms=3.0) == {"inputs": [1], "error": "late", "latency_ms": 3.0}
