"""Rows made up from a signature fit it, and differ from one another."""

import json
from typing import Any

import pytest

from tests.support.signatures import columns
from unshelf.worker.checks.synthetic_rows import derived_example
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory


@pytest.mark.parametrize(
    "signature",
    [
        columns("dicts", a="float64", b="int8", c="bool", d="string", e="datetime"),
        {
            "kind": "columns",
            "container": "dicts",
            "columns": [{"name": "k", "type": "string", "categories": ["x", "y"]}],
        },
        {"kind": "tensors", "tensors": [{"name": "t", "type": "float32", "shape": [-1, 2, -1]}]},
        {
            "kind": "tensors",
            "tensors": [
                {"name": "a", "type": "int64", "shape": [-1]},
                {"name": "b", "type": "string", "shape": [-1, 2]},
            ],
        },
    ],
)
def test_made_up_rows_are_taken_by_the_inputs_of_their_signature(signature: dict[str, Any]) -> None:
    rows = derived_example(signature)
    assert plan_inputs(signature, ArrayMemory()).from_rows(json.loads(json.dumps(rows))).rows == len(rows) == 3
    assert rows[0] != rows[1]


def test_a_free_dimension_has_one_place() -> None:
    signature = {"kind": "tensors", "tensors": [{"name": "t", "type": "int32", "shape": [-1, -1, 2]}]}
    assert derived_example(signature) == [[[0, 0]], [[1, 1]], [[2, 2]]]
