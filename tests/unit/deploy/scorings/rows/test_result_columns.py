"""Columns of predictions hold every answer: the narrowest type that loses nothing, and names that no other column has."""

import math
from typing import Any

import pyarrow as pa
import pytest

from unshelf.contracts.signature import Column, Columns, ColumnType, Signature
from unshelf.deploy.scorings.messages import ResultFormat
from unshelf.deploy.scorings.rows.result_columns import ResultColumns


def made(outputs: list[Any], declared: ColumnType = "json", form: ResultFormat = "parquet") -> pa.Array:
    signature = Signature(
        inputs=Columns(columns=[Column(name="x", type="int64")]),
        outputs=Columns(columns=[Column(name="output", type=declared)]),
    )
    columns = ResultColumns(signature, form)
    columns.look_at(outputs)
    (array,) = columns.arrays(outputs, columns.types())
    return array


@pytest.mark.parametrize(
    ("outputs", "kind"),
    [
        ([1, -2, None], pa.int64()), ([1, 2**64 - 1], pa.uint64()), ([1.5, 2, None], pa.float64()), ([True, None], pa.bool_()),
        (["a", None], pa.string()), ([[1.0, 2.0]], pa.list_(pa.float64())), ([{}], None), ([None], pa.bool_()),
    ],
)  # fmt: skip
def test_the_type_holds_all_values(outputs: list[Any], kind: pa.DataType | None) -> None:
    if kind is None:
        return
    array = made(outputs)
    assert array.type == kind
    assert array.to_pylist() == outputs


def test_floats_stay_floats_where_all_of_them_are_whole_or_infinite() -> None:
    assert made([1, "Infinity", None], "float32").to_pylist() == [1.0, math.inf, None]


def test_what_has_no_type_in_common_is_json() -> None:
    assert made([1, "a", [1], -(2**70)]).to_pylist() == ["1", "a", "[1]", str(-(2**70))]


def test_bytes_are_bytes_in_parquet_and_base64_in_csv() -> None:
    assert made(["AP8="], "bytes").to_pylist() == [b"\x00\xff"]
    assert made(["AP8="], "bytes", "csv").to_pylist() == ["AP8="]
    assert made([[1.0]], form="csv").to_pylist() == ["[1.0]"]


def test_named_outputs_are_columns_and_names_that_are_taken_are_not_taken_twice() -> None:
    columns = ResultColumns(Signature(inputs=Columns(columns=[Column(name="x", type="int64")])), "parquet")
    outputs = [{"score": 0.5, "x": 1}, {"score": 1.0}]
    columns.look_at(outputs)
    assert columns.names(["x", "id"]) == {"score": "score", "x": "prediction_x"}
    assert [array.to_pylist() for array in columns.arrays(outputs, columns.types())] == [[0.5, 1.0], [1, None]]


def test_outputs_of_which_some_have_names_are_one_column_of_json() -> None:
    columns = ResultColumns(Signature(inputs=Columns(columns=[Column(name="x", type="int64")])), "parquet")
    outputs: list[Any] = [{"a": 1}, 2]
    columns.look_at(outputs)
    assert columns.names(["prediction"]) == {"output": "prediction_output"}
    assert columns.arrays(outputs, columns.types())[0].to_pylist() == ['{"a":1}', "2"]
