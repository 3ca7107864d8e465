"""Rows for the proof of batching differ, fit the signature, and have gaps where gaps may be."""

import json
from typing import Any

import pytest

from tests.support.signatures import columns
from unshelf.worker.checks.proof_rows import MOST, proof_rows
from unshelf.worker.errors import RequestRefused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory

TABLE = columns("dicts", a="float64", b="int8", c="bool", d="string", e="datetime", f="json")
ROW = {"a": 1.0, "b": 2, "c": True, "d": "text", "e": "2024-02-28T12:00:00", "f": {"k": [1, "x"]}}
TWO = [{"name": "a", "type": "float32", "shape": [-1, 2]}, {"name": "b", "type": "string", "shape": [-1]}]


def readable(inputs: dict[str, Any], rows: list[Any]) -> list[Any]:
    reader, found = plan_inputs(inputs, ArrayMemory(0)), []
    for row in rows:
        try:
            reader.from_rows([row])
        except RequestRefused:
            continue
        found.append(row)
    return found


@pytest.mark.parametrize(
    ("inputs", "example"),
    [
        (TABLE, [ROW]),
        (columns("numpy", x="float64"), [[1.0]]),
        (columns("values", x="float64"), [0.0]),
        (columns("values", x="json"), [[1, 2, 3]]),
        (columns("values", text="string"), ["one text"]),
        ({"kind": "tensors", "tensors": [{"name": "t", "type": "float32", "shape": [-1, 2, 2]}]}, [[[1.0, 2.0], [3.0, 4.0]]]),
        ({"kind": "tensors", "tensors": [{"name": "t", "type": "int64", "shape": [-1, 3]}]}, [[1, 2, 3]]),
        ({"kind": "tensors", "tensors": TWO}, [{"a": [1.0, 2.0], "b": "x"}]),
    ],
)  # fmt: skip
def test_an_example_of_one_row_becomes_several_that_differ(inputs: dict[str, Any], example: list[Any]) -> None:
    rows = proof_rows(inputs, example)
    assert rows[: len(example)] == example
    assert len(rows) <= MOST
    texts = {json.dumps(row) for row in readable(inputs, rows)}
    assert len(texts) >= 3


def test_each_column_that_may_have_a_gap_has_one_alone_and_all_have_one_together() -> None:
    inputs = columns("dicts", a="float64", b="string", c="int64")
    for column in inputs["columns"][:2]:
        column["nullable"] = True
    rows = [row for row in proof_rows(inputs, [{"a": 1.0, "b": "x", "c": 3}]) if isinstance(row, list)]
    gaps = {tuple(value is None for value in row) for row in rows}
    assert {(True, False, False), (False, True, False), (True, True, False)} <= gaps
    assert not any(row[2] is None for row in rows)


def test_texts_and_lists_become_longer_and_shorter() -> None:
    rows = proof_rows(columns("values", x="json"), [[1, 2, 3, 4]])
    assert {min(map(len, rows)) < 4, max(map(len, rows)) > 4} == {True}
    texts = proof_rows(columns("values", x="string"), ["word"])
    assert "" in [text[0] for text in texts if isinstance(text, list)]


def test_categories_are_taken_from_the_signature() -> None:
    inputs = {"kind": "columns", "columns": [{"name": "k", "type": "string", "categories": ["x", "y"]}]}
    rows = readable(inputs, proof_rows(inputs, [{"k": "x"}]))
    assert {row["k"] if isinstance(row, dict) else row[0] for row in rows} == {"x", "y"}
