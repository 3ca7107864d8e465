"""Columns of polars: each as a Series of the type that the signature names."""

import ast
import importlib
from collections.abc import Callable, Sequence
from typing import Any

from ..blobs import is_image
from ..moments import Moments, python_moments

_NAMES = {
    "string": "String",
    "datetime": "Datetime",
    "duration": "Duration",
    "bool": "Boolean",
    "float16": "Float32",
    "bytes": "Binary",
    "json": "Object",
}
_NESTED = ("List(", "Array(", "Struct(")


def moments_for_polars(field: dict[str, Any]) -> Moments:
    """How datetimes and durations of a column are read: as counts."""
    if field.get("dtype") == "Object":
        return python_moments(field)
    return Moments(field, "Datetime(time_unit='us')", None)


def polars_type(field: dict[str, Any]) -> Any:
    """The column's type in polars."""
    polars: Any = importlib.import_module("polars")
    name = field["type"]
    if is_image(field):
        return polars.Object
    if field.get("categories") is not None:
        return polars.Enum(field["categories"])
    if field.get("dtype"):
        return _type_of(polars, ast.parse(field["dtype"], mode="eval").body)
    if name in ("datetime", "duration"):
        return getattr(polars, _NAMES[name])("us")
    return getattr(
        polars, _NAMES.get(name) or name.replace("uint", "UInt").replace("int", "Int").replace("float", "Float")
    )


def polars_series(field: dict[str, Any]) -> Callable[[Sequence[Any]], Any]:
    """Return what makes the Series of a column."""
    polars: Any = importlib.import_module("polars")
    name, kind = str(field.get("label", field["name"])), polars_type(field)
    if field["type"] in ("datetime", "duration"):
        return lambda counts: polars.Series(name, list(counts), dtype=polars.Int64).cast(kind)
    return lambda values: polars.Series(name, list(values), dtype=kind)


def nested_reader(field: dict[str, Any]) -> Callable[[Any], Any] | None:
    """Return what holds a cell against the column's type, for lists and structs; it raises ValueError. None for other columns."""
    if not str(field.get("dtype")).startswith(_NESTED):
        return None
    polars: Any = importlib.import_module("polars")
    kind = polars_type(field)

    def read(value: Any) -> Any:
        try:
            polars.Series("", [value], dtype=kind, strict=True)
        except Exception:  # of whichever class polars has for it
            raise ValueError from None
        return value

    return read


def _type_of(polars: Any, node: ast.expr) -> Any:
    """The type that polars writes so: names of its types and their arguments, and nothing else. Raises ValueError."""
    if isinstance(node, ast.Name):
        return getattr(polars, _known(polars, node.id))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        kind = getattr(polars, _known(polars, node.func.id))
        named = {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg is not None}
        return kind(*[_argument(polars, argument) for argument in node.args], **named)
    raise ValueError(f"{ast.unparse(node)!r} is no type of polars")


def _argument(polars: Any, node: ast.expr) -> Any:
    if isinstance(node, ast.Dict):
        names = [ast.literal_eval(key) for key in node.keys if key is not None]
        return {name: _type_of(polars, value) for name, value in zip(names, node.values, strict=True)}
    return _type_of(polars, node) if isinstance(node, (ast.Name, ast.Call)) else ast.literal_eval(node)


def _known(polars: Any, name: str) -> str:
    if not (isinstance(getattr(polars, name, None), type) and issubclass(getattr(polars, name), polars.DataType)):
        raise ValueError(f"{name!r} is no type of polars")
    return name
