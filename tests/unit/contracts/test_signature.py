"""Signatures check themselves: names differ, shapes begin with the rows, containers fit."""

import re
from typing import Any

import msgspec
import pytest

from unshelf.contracts.signature import V2_DATATYPES, Column, Columns, Parameter, Signature, Tensor, Tensors


def columns(*names: str, **fields: Any) -> Columns:
    return Columns(columns=[Column(name=name, type="float64") for name in names], **fields)


@pytest.mark.parametrize(
    ("names", "fields", "said"),
    [
        ((), {}, "at least one column"),
        (("a", "b", "a"), {}, "given twice: a"),
        (("a", "b"), {"container": "values"}, "exactly one column"),
        (("a",), {"container": "tensors"}, "never given as tensors"),
    ],
)
def test_columns_that_can_not_be_are_refused(names: tuple[str, ...], fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        columns(*names, **fields)


@pytest.mark.parametrize(
    ("column", "container", "said"),
    [
        ({"default": 1, "optional": True}, "dicts", "can't be optional"),
        ({"default": 1}, "values", "can't be left out"),
        ({"unseen": True}, "dicts", "goes with categories"),
        ({"unseen": True, "ordered": True, "categories": [1.5]}, "dicts", "no place in the order"),
    ],
)
def test_what_a_column_allows_is_checked(column: dict[str, Any], container: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Columns(columns=[Column(name="a", type="float64", **column)], container=container)


def test_a_default_of_null_is_a_default() -> None:
    column = Column(name="a", type="float64", nullable=True, default=None)
    text = msgspec.json.encode(column)
    assert msgspec.json.decode(text) == {"name": "a", "type": "float64", "nullable": True, "default": None}
    assert msgspec.json.decode(text, type=Column) == column
    assert msgspec.json.decode(b'{"name": "a", "type": "float64"}', type=Column).default is msgspec.UNSET


@pytest.mark.parametrize("shape", [[], [2], [2, -1], [-1, -2]])
def test_a_shape_begins_with_the_rows(shape: list[int]) -> None:
    with pytest.raises(ValueError, match="must begin with -1"):
        Tensor(name="t", type="float32", shape=shape)


def test_tensors_need_names_of_their_own() -> None:
    tensor = Tensor(name="t", type="float32", shape=[-1])
    with pytest.raises(ValueError, match="tensor names must differ"):
        Tensors(tensors=[tensor, tensor])


def test_a_signature_comes_back_from_json_as_it_was() -> None:
    signature = Signature(
        inputs=columns("a", container="numpy"), outputs=Tensors(tensors=[Tensor(name="t", type="int8", shape=[-1, 2])])
    )
    assert msgspec.json.decode(msgspec.json.encode(signature), type=Signature) == signature


def test_every_type_has_a_datatype_of_open_inference() -> None:
    types = (
        {*Column.__annotations__["type"].__args__}
        if hasattr(Column.__annotations__["type"], "__args__")
        else set(V2_DATATYPES)
    )
    assert types == set(V2_DATATYPES)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "", "type": "integer"}, "1 to 200 characters"),
        ({"name": "a" * 201, "type": "integer"}, "1 to 200 characters"),
        ({"name": "a", "type": "string", "min": 1}, "for integers and numbers"),
        ({"name": "a", "type": "list[boolean]", "max": 1}, "for integers and numbers"),
        ({"name": "a", "type": "string", "choices": [1]}, "choices are values of the type string"),
        ({"name": "a", "type": "string", "choices": []}, "choices are values"),
        ({"name": "a", "type": "integer", "default": "3"}, "no value that it takes"),
        ({"name": "a", "type": "integer", "default": True}, "no value that it takes"),
        ({"name": "a", "type": "integer", "default": 1.0}, "no value that it takes"),
        ({"name": "a", "type": "boolean", "default": 1}, "no value that it takes"),
        ({"name": "a", "type": "number", "default": float("nan")}, "no value that it takes"),
        ({"name": "a", "type": "number", "default": 3, "max": 2}, "no value that it takes"),
        ({"name": "a", "type": "number", "default": "Infinity", "max": 2}, "no value that it takes"),
        ({"name": "a", "type": "string", "default": "c", "choices": ["a", "b"]}, "no value that it takes"),
        ({"name": "a", "type": "list[integer]", "default": 3}, "no value that it takes"),
        ({"name": "a", "type": "list[integer]", "default": [3, "a"]}, "no value that it takes"),
    ],
)
def test_a_parameter_that_contradicts_itself_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        Parameter(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "integer"},
        {"type": "integer", "default": 3, "min": 3, "max": 3, "choices": [3]},
        {"type": "number", "default": "-Infinity", "max": 0},
        {"type": "list[string]", "default": ["a"], "choices": ["a", "b"]},
        {"type": "list[number]", "default": [1, 0.5], "min": 0},
    ],
)
def test_a_parameter_is_read_as_it_was_written(fields: dict[str, Any]) -> None:
    inputs = Columns(columns=[Column(name="a", type="float64")])
    signature = Signature(inputs=inputs, parameters=[Parameter(name="p", **fields)])
    assert msgspec.json.decode(msgspec.json.encode(signature), type=Signature) == signature
    with pytest.raises(ValueError, match="parameter names must differ"):
        Signature(inputs=inputs, parameters=signature.parameters * 2)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"type": "integer", "default": 5, "max": 3}, "its default 5 is no value that it takes: integer, at most 3"),
        ({"type": "number", "default": "x", "min": 0, "max": 0.5}, "takes: number, at least 0, at most 0.5"),
        ({"type": "string", "default": "c", "choices": ["a", "b"]}, "takes: string, one of 'a', 'b'"),
    ],
)
def test_a_default_beyond_its_own_limits_is_told_with_the_limits(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Parameter(name="p", **fields)
