"""JSON Schemas of signatures: made for every type, met by the rows that they describe, and by no others."""

from typing import Any, get_args

import jsonschema
import pytest

from unshelf.contracts.signature import Column, Columns, ColumnType, Parameter, Signature, Tensor, Tensors
from unshelf.deploy.model_api.json_schemas import example_row, output_schema, parameters_schema, row_schema

EVERY_TYPE = Columns(columns=[Column(name=name, type=name) for name in get_args(ColumnType)])
ORDERS = Columns(
    columns=[
        Column(name="age", type="int8"),
        Column(name="income", type="float64", nullable=True),
        Column(name="grade", type="string", categories=["low", "high"], nullable=True),
        Column(name="shop", type="string", categories=["A"], unseen=True),
        Column(name="note", type="string", optional=True),
        Column(name="size", type="int64", default=3),
    ]
)
ROW: dict[str, Any] = {"age": 41, "income": None, "grade": None, "shop": "B"}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    return bool(validator.is_valid(value))


@pytest.mark.parametrize(
    "inputs",
    [EVERY_TYPE, ORDERS, Tensors(tensors=[Tensor(name="x", type="float32", shape=[-1, 2, -1])]),
     Tensors(tensors=[Tensor(name="x", type="int64", shape=[-1]), Tensor(name="y", type="string", shape=[-1, 3])])],
)  # fmt: skip
def test_an_example_fits_its_schema(inputs: Columns | Tensors) -> None:
    assert fits(example_row(Signature(inputs=inputs)), row_schema(inputs))


def test_a_row_may_lack_what_is_optional_or_has_a_default() -> None:
    schema = row_schema(ORDERS)
    assert schema["required"] == ["age", "income", "grade", "shop"]
    assert fits(ROW, schema)
    assert schema["properties"]["size"]["default"] == 3


@pytest.mark.parametrize("change", [{"age": 128}, {"age": 1.5}, {"age": None}, {"income": "much"}, {"grade": "middle"}])
def test_a_row_that_the_model_refuses_does_not_fit(change: dict[str, Any]) -> None:
    assert not fits({**ROW, **change}, row_schema(ORDERS))


def test_tensors_have_their_sizes() -> None:
    schema = row_schema(Tensors(tensors=[Tensor(name="x", type="uint8", shape=[-1, 2])]))
    assert [fits(value, schema) for value in ([0, 255], [0], [0, 256])] == [True, False, False]


def test_a_large_tensor_has_no_example() -> None:
    images = Tensors(tensors=[Tensor(name="x", type="float32", shape=[-1, 224, 224, 3])])
    assert example_row(Signature(inputs=images)) == []


def test_outputs_of_one_column_are_bare_values() -> None:
    assert output_schema(Columns(columns=[Column(name="p", type="float64")])) == {"type": "number"}
    assert output_schema(ORDERS)["type"] == "object"
    assert output_schema(None) == {}


def test_parameters_have_their_bounds() -> None:
    schema = parameters_schema(
        [
            Parameter(name="top_k", type="integer", default=3, min=1, max=9),
            Parameter(name="tags", type="list[string]", choices=["a"]),
        ]
    )
    assert fits({"top_k": 9, "tags": ["a"]}, schema)
    assert not fits({"top_k": 10}, schema)
    assert not fits({"tags": ["b"]}, schema)
    assert not fits({"other": 1}, schema)
