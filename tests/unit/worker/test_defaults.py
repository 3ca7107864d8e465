"""A column that a request leaves out is, to the model, one whose default was sent: random columns of every type, in every form."""

import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import data_columns as drawn
from tests.unit.worker.test_inputs import MANY, POLARS, assert_same_frame, by_column, planned
from unshelf.client.data.arrow import table_of
from unshelf.worker.encoding.v2_tensor import V2Tensor
from unshelf.worker.errors import RequestRefused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory

NEEDED = [3, 1]


def with_default(frame: Any) -> tuple[Any, Any, dict[str, Any]]:
    """The reader of a table whose column `other` may be left out, the value that it then has, and the signature."""
    fields, _ = planned(frame)
    default = by_column(frame)["other"][0]
    fields["columns"][1]["default"] = default
    return plan_inputs(fields, ArrayMemory()), default, fields


def left_out(inputs: Any) -> dict[str, Any]:
    """Two rows of the column that is needed, in each form of a request."""
    return {
        "rows": inputs.from_rows([{"needed": value} for value in NEEDED]),
        "columns": inputs.from_columns({"needed": NEEDED}),
        "split": inputs.from_split(["needed"], [[value] for value in NEEDED]),
        "text": inputs.from_text(["needed"], [[str(value)] for value in NEEDED]),
        "tensors": inputs.from_tensors([V2Tensor("needed", "INT64", [2], values=NEEDED)]),
    }


def by_arrow(inputs: Any, needed: Any) -> Any:
    """The same in Arrow, which has no type for lists of mixed values."""
    try:
        return inputs.build([inputs.from_arrow(table_of(needed))])
    except RequestRefused as refused:
        assert refused.status == 415
        return None


@pytest.mark.parametrize("kind", drawn.PANDAS)
@MANY
@given(data=st.data())
def test_columns_of_pandas(kind: str, data: st.DataObject) -> None:
    other = drawn.PANDAS[kind](data.draw, data.draw(st.integers(1, 3)))
    frame = pd.DataFrame({"needed": np.arange(len(other)), "other": other})
    inputs, default, fields = with_default(frame)
    wanted = inputs.build([inputs.from_rows([{"needed": value, "other": default} for value in NEEDED])])
    for part in left_out(inputs).values():
        assert_same_frame(inputs.build([part]), wanted)
    got = by_arrow(inputs, pd.DataFrame({"needed": NEEDED}))
    assert got is not None or fields["columns"][1]["type"] == "json"
    if got is not None:
        assert_same_frame(got, wanted)


@pytest.mark.parametrize("kind", POLARS)
@MANY
@given(data=st.data())
def test_columns_of_polars(kind: str, data: st.DataObject) -> None:
    other = POLARS[kind](data.draw, data.draw(st.integers(1, 3))).alias("other")
    frame = pl.DataFrame([pl.Series("needed", range(len(other)), dtype=pl.Int64), other])
    inputs, default, fields = with_default(frame)
    wanted = inputs.build([inputs.from_rows([{"needed": value, "other": default} for value in NEEDED])])
    assert wanted.schema == frame.schema
    parts = [inputs.build([part]) for part in left_out(inputs).values()]
    got = by_arrow(inputs, pl.DataFrame({"needed": NEEDED}))
    assert got is not None or fields["columns"][1]["type"] == "json"
    for each in [*parts, *([] if got is None else [got])]:
        assert each.schema == frame.schema
        assert each.equals(wanted, null_equal=True)


@MANY
@given(
    rows=st.lists(
        st.fixed_dictionaries({"needed": st.integers(0, 9)}, optional={"a": st.integers(0, 9), "b": drawn.JSON}),
        min_size=1,
    )
)
def test_each_row_for_itself(rows: list[dict[str, Any]]) -> None:
    columns = [
        {"name": "needed", "type": "int64"}, {"name": "a", "type": "int64", "default": 5},
        {"name": "b", "type": "json", "nullable": True, "default": {"k": [1]}},
    ]  # fmt: skip
    inputs = plan_inputs({"kind": "columns", "columns": columns, "container": "dicts"}, ArrayMemory())
    sent = json.loads(json.dumps(rows))
    got = inputs.build([inputs.from_rows(sent)])
    assert got == [{"a": 5, "b": {"k": [1]}, **row} for row in rows]
