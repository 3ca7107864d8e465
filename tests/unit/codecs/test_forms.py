"""The usual forms of bodies are read at once."""

import json
from typing import Any

import pytest

from tests.support.segments import on_sheets, record
from tests.unit.codecs.test_columns import ONE
from unshelf.codecs.columns import REQUESTS, TypedColumns
from unshelf.contracts.records import PredictionRecord
from unshelf.contracts.signature import Column, Columns, Tensor, Tensors

FLAT = Columns(columns=[Column(name="x", type="float64"), Column(name="who", type="string", nullable=True)])


IMAGE = Tensors(tensors=[Tensor(name="x", type="float32", shape=[-1, 2, 2])])


@pytest.mark.parametrize(
    ("protocol", "part", "body", "values"),
    [
        ("native", FLAT, {"inputs": [[1, "a"], [2.5, None]]}, [[1.0, 2.5], ["a", None]]),
        ("native", FLAT, {"inputs": [{"who": "a", "x": 1}, {"x": 2.5}]}, [[1.0, 2.5], ["a", None]]),
        ("native", ONE, {"inputs": [1, 2.5]}, [[1.0, 2.5]]),
        ("native", ONE, {"inputs": [[1], [2.5]]}, [[1.0, 2.5]]),
        ("native", ONE, {"inputs": []}, [[]]),
        ("native", IMAGE, {"inputs": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}, [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]]),
        ("mlflow", FLAT, {"dataframe_split": {"columns": ["x", "who"], "data": [[1, "a"]], "index": [0]}}, [[1.0], ["a"]]),
        ("mlflow", FLAT, {"dataframe_records": [{"x": 1, "who": "a"}]}, [[1.0], ["a"]]),
        ("mlflow", ONE, {"instances": [[1]], "params": {}}, [[1.0]]),
        ("v2", FLAT, {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}, {"name": "who", "data": ["a"]}]},
         [[1.0], ["a"]]),
        ("grpc", ONE, {"inputs": [{"name": "x", "shape": [1, 1], "datatype": "FP64", "data": [1]}]}, [[1.0]]),
        ("v2", Columns(columns=[Column(name="x", type="int64"), Column(name="y", type="int64")]),
         {"id": "7", "inputs": [{"name": "all", "shape": [2, 2], "datatype": "INT64", "data": [1, 2, 3, 4]}]}, [[1, 3], [2, 4]]),
    ],
)  # fmt: skip
def test_the_usual_forms_are_read_at_once(protocol: str, part: Columns | Tensors, body: Any, values: list[Any]) -> None:
    def must_not_be_needed(record: PredictionRecord, part: Columns | Tensors) -> None:
        raise AssertionError(record)

    records = [record(number, protocol=protocol, input=json.dumps(body).encode()) for number in range(3)]

    arrays = TypedColumns(part, REQUESTS._replace(values=must_not_be_needed), worth=0).arrays(on_sheets(records))

    assert [each.to_pylist() for each in arrays] == [[each] * 3 for each in values]
