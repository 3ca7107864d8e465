"""Rows made up from a signature, for models that come without an example."""

from typing import Any

from ..encoding.types import FLOATS, INTEGERS

_ROWS = 3


def derived_example(inputs: dict[str, Any]) -> list[Any]:
    """A few rows that fit the signature and differ from each other."""
    if inputs["kind"] == "columns":
        return [[_value(column, row) for column in inputs["columns"]] for row in range(_ROWS)]
    tensors = inputs["tensors"]
    rows = [{tensor["name"]: _nested(tensor, tensor["shape"][1:], row) for tensor in tensors} for row in range(_ROWS)]
    return rows if len(tensors) > 1 else [row[tensors[0]["name"]] for row in rows]


def default_row(inputs: dict[str, Any]) -> dict[str, Any] | None:
    """A row that leaves every column out; None where not all of them may be."""
    if inputs["kind"] == "tensors" or not all("default" in column for column in inputs["columns"]):
        return None
    return {}


def _nested(tensor: dict[str, Any], shape: list[int], row: int) -> Any:
    if not shape:
        return _value(tensor, row)
    return [_nested(tensor, shape[1:], row) for _ in range(shape[0] if shape[0] >= 0 else 1)]


def _value(field: dict[str, Any], row: int) -> Any:
    if row == 0 and "default" in field:
        return field["default"]
    categories = field.get("categories")
    if categories:
        return categories[row % len(categories)]
    name = field["type"]
    if name in FLOATS:
        return row * 0.5
    if name in INTEGERS:
        return row
    if name == "bool":
        return row % 2 == 1
    return {
        "string": f"text {row}",
        "datetime": f"2024-01-0{row + 1}T00:00:00Z",
        "duration": f"PT{row}S",
        "bytes": "AAAA",
    }.get(name)
