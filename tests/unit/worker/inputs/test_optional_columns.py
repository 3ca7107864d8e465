"""Columns that a request may leave out: the model is given a table without them, and no other request beside it."""

import json
from typing import Any

import pyarrow as pa
import pytest

from tests.support.signatures import columns
from unshelf.worker.encoding.v2_tensor import V2Tensor
from unshelf.worker.errors import RequestRefused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory
from unshelf.worker.inputs.request_inputs import Inputs


@pytest.fixture
def inputs() -> Inputs:
    """`visits` may be left out, `note` also be null in single rows."""
    signature = columns("pandas", visits="int64", share="float64?", note="string?")
    signature["columns"][0]["optional"] = signature["columns"][2]["optional"] = True
    return plan_inputs(signature, ArrayMemory())


def names(inputs: Inputs, part: Any) -> list[str]:
    return list(inputs.build([part]).columns)


def test_what_no_row_has_is_not_there(inputs: Inputs) -> None:
    assert names(inputs, inputs.from_rows([{"share": 1.5}])) == ["share"]
    assert names(inputs, inputs.from_rows([{"share": 1.5, "visits": None}, {"share": 2}])) == ["share"]
    assert names(inputs, inputs.from_columns({"share": [1.5], "note": ["x"]})) == ["share", "note"]
    assert names(inputs, inputs.from_split(["share"], [[1.5]])) == ["share"]
    assert names(inputs, inputs.from_text(["visits", "share"], [["3", "1.5"]])) == ["visits", "share"]
    assert names(inputs, inputs.from_tensors([V2Tensor("share", "FP64", [1], values=[1.5])])) == ["share"]
    table = pa.table({"share": [1.5], "visits": pa.nulls(1)})
    assert names(inputs, inputs.from_arrow(table)) == ["share"]


def test_a_row_without_it_beside_one_with_it_is_a_gap(inputs: Inputs) -> None:
    frame = inputs.build([inputs.from_rows([{"share": 1, "note": "x"}, {"share": 2}])])
    assert frame["note"].isna().tolist() == [False, True]
    with pytest.raises(RequestRefused) as caught:
        inputs.from_rows([{"share": 1, "visits": 3}, {"share": 2}])
    assert caught.value.errors == [{"row": 1, "column": "visits", "expected": "int64, not null", "got": "null"}]
    json.dumps(caught.value.fields())


def test_requests_with_other_columns_are_not_predicted_together(inputs: Inputs) -> None:
    without, with_it = inputs.from_rows([{"share": 1}]), inputs.from_rows([[1, 2.5, "x"]])
    assert without.group != with_it.group
    assert names(inputs, with_it) == ["visits", "share", "note"]
    together = inputs.build([without, inputs.from_rows([{"share": 2}])])
    assert together["share"].tolist() == [1.0, 2.0]


def test_columns_that_are_not_optional_are_missed(inputs: Inputs) -> None:
    with pytest.raises(RequestRefused) as caught:
        inputs.from_rows([{"visits": 1}])
    assert [error["column"] for error in caught.value.errors or []] == ["share"]
