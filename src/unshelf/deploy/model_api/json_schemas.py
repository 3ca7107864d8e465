"""JSON Schemas of what a signature takes and returns, and values that fit them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from unshelf.contracts.signature import Column, Columns, Parameter, Signature, Tensor, Tensors

_INTEGER, _UNSIGNED = "int", "uint"
_TYPES: dict[str, dict[str, Any]] = {
    "bool": {"type": "boolean"},
    "string": {"type": "string"},
    "datetime": {"type": "string", "format": "date-time"},
    "duration": {"oneOf": [{"type": "string", "format": "duration"}, {"type": "number", "description": "Seconds."}]},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "json": {},
}
_VALUES: dict[str, Any] = {
    "bool": True, "string": "text", "datetime": "2026-01-31T12:00:00Z", "duration": "PT1.5S", "bytes": "", "json": {},
}  # fmt: skip
_ANY_SIZE = 1
"""The size that a free dimension has in an example."""
_MOST_ELEMENTS = 4096
"""The most elements of an example's tensor; a larger one would fill the page."""


def row_schema(side: Columns | Tensors) -> dict[str, Any]:
    """Return the schema of one row: an object by column, or the elements of one tensor."""
    if isinstance(side, Columns):
        return _object(side.columns)
    if len(side.tensors) == 1 and not side.named:
        return _tensor(side.tensors[0])
    return {
        "type": "object",
        "properties": {tensor.name: _tensor(tensor) for tensor in side.tensors},
        "required": [tensor.name for tensor in side.tensors],
    }


def output_schema(side: Columns | Tensors | None) -> dict[str, Any]:
    """Return the schema of one output: a bare value where there is one column, else as a row; of any shape where it is not known."""
    if isinstance(side, Columns) and len(side.columns) == 1:
        return _column(side.columns[0])
    return {} if side is None else row_schema(side)


def parameters_schema(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Return the schema of the parameters of a prediction, all of which may be left out."""
    properties = {}
    for each in parameters:
        item: dict[str, Any] = {"type": each.type.removeprefix("list[").removesuffix("]")}
        bounds = {"minimum": each.min, "maximum": each.max, "enum": each.choices}
        item |= {name: value for name, value in bounds.items() if value is not None}
        schema = {"type": "array", "items": item} if each.type.startswith("list[") else item
        properties[each.name] = schema | {"default": each.default, "description": each.description}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def example_row(signature: Signature) -> Any:
    """Return a row that the signature takes, with values made up from the types."""
    inputs = signature.inputs
    if isinstance(inputs, Columns):
        return {column.name: _value_of(column) for column in inputs.columns}
    tensors = {tensor.name: _elements(tensor) for tensor in inputs.tensors}
    return next(iter(tensors.values())) if len(tensors) == 1 and not inputs.named else tensors


def _object(columns: list[Column]) -> dict[str, Any]:
    may_lack = {column.name for column in columns if column.optional or column.default is not msgspec.UNSET}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {column.name: _column(column) for column in columns},
    }
    if required := [column.name for column in columns if column.name not in may_lack]:
        schema["required"] = required
    return schema


def _column(column: Column) -> dict[str, Any]:
    schema = _type(column.type)
    if column.categories is not None and not column.unseen:
        schema = {"enum": [*column.categories, None] if column.nullable else list(column.categories)}
    elif column.nullable and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    elif column.nullable and "oneOf" in schema:
        schema["oneOf"] = [*schema["oneOf"], {"type": "null"}]
    if column.categories is not None and column.unseen:
        schema["examples"] = list(column.categories)
    if column.default is not msgspec.UNSET:
        schema["default"] = column.default
    return schema


def _type(name: str) -> dict[str, Any]:
    if name in _TYPES:
        return dict(_TYPES[name])
    if not name.startswith((_INTEGER, _UNSIGNED)):
        return {"type": "number"}
    bits = int(name.removeprefix("u").removeprefix("int"))
    if name.startswith(_UNSIGNED):
        return {"type": "integer", "minimum": 0, "maximum": 2**bits - 1}
    return {"type": "integer", "minimum": -(2 ** (bits - 1)), "maximum": 2 ** (bits - 1) - 1}


def _tensor(tensor: Tensor) -> dict[str, Any]:
    schema = _type(tensor.type)
    for size in reversed(tensor.shape[1:]):
        bounds = {} if size < 0 else {"minItems": size, "maxItems": size}
        schema = {"type": "array", "items": schema, **bounds}
    return schema


def _value_of(column: Column) -> Any:
    if column.categories:
        return column.categories[0]
    if column.default is not msgspec.UNSET:
        return column.default
    return _value(column.type)


def _value(name: str) -> Any:
    if name in _VALUES:
        return _VALUES[name]
    return 1 if name.startswith((_INTEGER, _UNSIGNED)) else 0.5


def _elements(tensor: Tensor) -> Any:
    shape = [_ANY_SIZE if size < 0 else size for size in tensor.shape[1:]]
    elements = 1
    for size in shape:
        elements *= size
    if elements > _MOST_ELEMENTS:
        return []
    value: Any = _value(tensor.type)
    for size in reversed(shape):
        value = [value] * size
    return value
