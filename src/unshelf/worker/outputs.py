"""Predictions: what a model returned for a batch, cut into its rows and written for each caller."""

import json
import math
from collections.abc import Generator, Sequence
from typing import Any

from .jsontext import dumps
from .nesting import Ragged, flatten
from .types import TYPES_OF_V2, V2_DATATYPES
from .values import frame_columns, listed, series_values, unwrapped

BARE = "output"
"""The name of an answer that has none: a bare array, list or scalar."""

_KINDS = {"b": "bool", "U": "string", "S": "string", "M": "datetime"}
_quoted = json.encoder.encode_basestring_ascii


class Prediction:
    """A model's answer for `rows` rows. Everything is worked out when asked for, once for the batch."""

    generator: Generator[Any, Any, Any] | None = None
    """What will yield the answer, where the model has not given it yet."""
    chunks: list[Any] | None = None
    """What it yielded, as plain values."""

    def __init__(self, raw: Any, rows: int) -> None:
        value = self._raw = unwrapped(raw)
        self._columns = _named_values(value)
        self._bare = None if self._columns is not None else series_values(value)
        answers = [self._bare] if self._columns is None else self._columns.values()
        self.per_row = all(_length(item) == rows for item in answers)
        """Whether there is one answer a row; if not, it can only be given as a whole."""
        self.form = _form(raw, self._columns)
        self._rows: list[Any] | None = None
        self._texts: list[str] | None = None
        self.size = rows

    @property
    def rows(self) -> list[Any]:
        """The answers, one a row; an answer that has no rows as the list it is, or as the only item."""
        if self._rows is None:
            self._rows = self._make_rows()
            self._texts = _plain_texts(self._rows)
        return self._rows

    @property
    def named(self) -> dict[str, Any]:
        """Name → array or list of values."""
        if self._columns is not None:
            return {name: item if _length(item) is not None else [item] for name, item in self._columns.items()}
        return {BARE: self.rows if isinstance(self._bare, (list, tuple)) or _length(self._bare) is None else self._bare}

    def json(self, start: int, stop: int) -> str:
        """The JSON array of the rows from `start` to `stop`; all of it when the answer has no rows."""
        rows = self.rows
        if not self.per_row:
            return dumps(rows)
        if self._texts is not None:
            return "[" + ",".join(self._texts[start:stop]) + "]"
        return dumps(rows[start:stop] if stop - start < len(rows) else rows)

    def slices(self, start: int, stop: int) -> dict[str, Any]:
        """Name → the values of the rows from `start` to `stop`; all of them when the answer has no rows."""
        if not self.per_row:
            return self.named
        return {name: values[start:stop] for name, values in self.named.items()}

    def _make_rows(self) -> list[Any]:
        if self._columns is not None:
            if isinstance(self._raw, list):
                return self._raw
            if not self.per_row:
                return [{name: listed(item) for name, item in self._columns.items()}]
            names = list(self._columns)
            return [
                dict(zip(names, row, strict=True)) for row in zip(*map(listed, self._columns.values()), strict=False)
            ]
        values = listed(self._bare)
        if isinstance(values, list):
            return values
        if isinstance(values, (set, frozenset)):
            return list(values)
        return [values]


class Yielding(Prediction):
    """The answer of a model that yields, before it did: there is nothing to be read yet."""

    def __init__(self, generator: Generator[Any, Any, Any], rows: int) -> None:
        self.generator = generator
        self.per_row = False
        self.size = rows


def datatype_of(values: Any) -> tuple[str, list[int], Any]:
    """The V2 datatype, the shape and the flat values of an output: an ndarray keeps its own, a list is judged by its values.

    What V2 has no type for becomes BYTES: JSON text."""
    name, shape, flat = described(values)
    if name in ("json", "datetime"):
        if not isinstance(flat, list):
            flat = listed(flat)
        return "BYTES", shape, [value if isinstance(value, str) else dumps(value) for value in flat]
    return V2_DATATYPES[name], shape, flat


def described(values: Any) -> tuple[str, list[int], Any]:
    """The signature's type name, the shape and the flat values (an ndarray, or a list) of an output."""
    values = unwrapped(values)
    dtype = getattr(values, "dtype", None)
    if dtype is not None and hasattr(values, "ravel") and dtype.kind != "O":
        name = _KINDS.get(dtype.kind, dtype.name)
        if name in TYPES_OF_V2.values() and name != "string":
            return name, list(values.shape), values.ravel()
        if name in ("string", "datetime"):
            return name, list(values.shape), listed(values.ravel())
    items = listed(values)
    try:
        shape, flat = flatten(items)
    except Ragged:
        return "json", [len(items)], items
    flat = [listed(unwrapped(value)) for value in flat]
    name = _type_of(flat)
    return (name, shape, flat) if name != "json" else ("json", [len(items)], items)


def describe_outputs(prediction: Prediction) -> dict[str, Any]:
    """The signature's `outputs` part, as seen in one prediction; see `contracts.signature`."""
    found = {name: described(values) for name, values in prediction.named.items()}
    whole = {name: kind not in ("json", "datetime") for name, (kind, _, _) in found.items()}
    flat = all(len(shape) == 1 for _, shape, _ in found.values())
    if all(whole.values()) and not (flat and prediction.form != "bare"):
        tensors = [{"name": name, "type": kind, "shape": [-1, *shape[1:]]} for name, (kind, shape, _) in found.items()]
        return {"kind": "tensors", "tensors": tensors}
    columns = []
    for name, (kind, shape, values) in found.items():
        column: dict[str, Any] = {"name": name, "type": kind if len(shape) == 1 else "json"}
        if len(shape) == 1 and any(
            value is None or (isinstance(value, float) and math.isnan(value)) for value in listed(values)
        ):
            column["nullable"] = True
        columns.append(column)
    container = {"frame": "pandas", "columns": "columns", "dicts": "dicts", "bare": "values"}[prediction.form]
    return {"kind": "columns", "columns": columns, "container": container}


def _named_values(value: Any) -> dict[str, Any] | None:
    if (columns := frame_columns(value)) is not None:
        return columns
    if isinstance(value, dict) and value:
        return {str(name): unwrapped(series_values(item)) for name, item in value.items()}
    if (
        isinstance(value, list)
        and value
        and all(type(item) is dict and item.keys() == value[0].keys() for item in value)
    ):
        return {str(name): [item[name] for item in value] for name in value[0]} or None
    return None


def _form(raw: Any, columns: dict[str, Any] | None) -> str:
    if columns is None:
        return "bare"
    return "dicts" if isinstance(raw, list) else "columns" if isinstance(raw, dict) else "frame"


def _length(value: Any) -> int | None:
    """How many rows a value has; None for what has none: a scalar, a text, an array without dimensions."""
    if isinstance(value, (str, bytes, dict)) or getattr(value, "shape", None) == ():
        return None
    try:
        return len(value)
    except TypeError:
        return None


def _plain_texts(rows: Sequence[Any]) -> list[str] | None:
    """The JSON text of each row where all are finite numbers or texts: one pass at C speed for the whole batch."""
    kinds = set(map(type, rows))
    if kinds == {int} or (kinds == {float} and math.isfinite(sum(rows))):
        return list(map(repr, rows))
    return list(map(_quoted, rows)) if kinds == {str} else None


def _type_of(flat: Sequence[Any]) -> str:
    kinds = set(map(type, flat)) - {type(None)}
    if kinds == {bool}:
        return "bool"
    if kinds == {int}:
        if not any(value is None for value in flat) and min(flat) >= -(2**63) and max(flat) < 2**63:
            return "int64"
        return "json"
    if kinds and kinds <= {float, int}:
        return "float64"
    return "string" if kinds == {str} and None not in flat else "json"
