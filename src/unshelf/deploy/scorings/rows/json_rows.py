"""Rows of a table as the JSON of native calls: the same values that a caller sends who reads them by `unshelf.data`."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.signature import ONE_COLUMN, Columns, Signature, Tensor, Tensors
from unshelf.develop.datasets.json_values import is_text, json_values, plain_value

_FLOATS = frozenset({"float16", "float32", "float64"})
_INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
_TEXT_INFINITIES = {"inf": "Infinity", "-inf": "-Infinity", "Infinity": "Infinity", "-Infinity": "-Infinity"}
_BOOLEANS = {"true": True, "false": False}


class RowWriter:
    """Writes the rows of tables with the same columns, as a version takes them."""

    def __init__(self, signature: Signature, columns: Sequence[str], *, from_text: bool) -> None:
        """`columns`: those of the data. `from_text`: they were read from CSV, where a text may stand for a number.

        Raises InvalidInput where columns are missing that the version needs."""
        self._types: dict[str, str] = {}
        self._as_objects = False
        self._is_joined = False
        self._from_text = from_text
        inputs = signature.inputs
        if isinstance(inputs, Columns):
            self._plan_columns(inputs, columns)
        else:
            self._plan_tensors(inputs, columns)
        self.unused = [name for name in columns if name not in self._types]
        """Columns of the data that the version does not take."""

    def json(self, table: pa.RecordBatch | pa.Table) -> bytes:
        """Return the JSON array of the table's rows."""
        columns = [self._values(table.column(name), kind) for name, kind in self._types.items()]
        if len(columns) == 1 and not self._as_objects and not self._is_joined:
            return _encode(columns[0])
        rows = zip(*columns, strict=True)
        if self._as_objects:
            names = list(self._types)
            return _encode([dict(zip(names, row, strict=True)) for row in rows])
        return _encode(list(rows))

    def _plan_columns(self, inputs: Columns, columns: Sequence[str]) -> None:
        present = set(columns)
        missing = [
            each.name
            for each in inputs.columns
            if each.name not in present and not each.optional and each.default is msgspec.UNSET
        ]
        if missing:
            raise _missing(missing, columns)
        self._types = {each.name: each.type for each in inputs.columns if each.name in present}
        if not self._types:
            raise _missing([each.name for each in inputs.columns], columns)
        self._is_joined = True
        self._as_objects = len(self._types) < len(inputs.columns) or inputs.container in ONE_COLUMN

    def _plan_tensors(self, inputs: Tensors, columns: Sequence[str]) -> None:
        names = [tensor.name for tensor in inputs.tensors]
        missing = [name for name in names if name not in columns]
        if not missing:
            self._types = {tensor.name: tensor.type for tensor in inputs.tensors}
            self._as_objects = len(names) > 1
            return
        if len(inputs.tensors) > 1 or not _is_table(inputs.tensors[0]):
            raise _missing(missing, columns)
        tensor = inputs.tensors[0]
        if tensor.shape[1] not in (-1, len(columns)):
            raise InvalidInput(
                f"The version takes rows of {tensor.shape[1]} values, and the data has {len(columns)} columns.",
                hint=f"Give data with exactly these columns, or with lists in a column {tensor.name!r}.",
            )
        self._types = dict.fromkeys(columns, tensor.type)
        self._is_joined = True

    def _values(self, column: pa.ChunkedArray | pa.Array, kind: str) -> list[Any]:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if self._from_text and kind not in ("string", "datetime", "bytes") and is_text(column.type):
            return [None if text is None else _read_text(text, kind) for text in column.to_pylist()]
        return json_values(column, whole=kind in _INTEGERS)


def _read_text(text: str, kind: str) -> Any:
    """Return the JSON value that a field of CSV stands for; one that stands for none stays a text, for the version to refuse."""
    if kind == "bool":
        return _BOOLEANS.get(text.strip().lower(), text)
    if kind == "json":
        try:
            return json.loads(text)
        except ValueError:
            return text
    if kind in _FLOATS and text.strip() in _TEXT_INFINITIES:
        return _TEXT_INFINITIES[text.strip()]
    written = text.strip()
    if not written.isascii() or not written or written.strip("0123456789+-.eE"):
        return text
    for read in (int, float):
        try:
            found = read(written)
        except ValueError:
            continue
        return plain_value(found)
    return text


def _encode(rows: list[Any]) -> bytes:
    try:
        return msgspec.json.encode(rows)
    except (OverflowError, msgspec.MsgspecError, TypeError, ValueError):  # an integer beyond 64 bits
        return json.dumps(rows, separators=(",", ":")).encode()


def _missing(names: Sequence[str], columns: Sequence[str]) -> InvalidInput:
    listed = ", ".join(repr(name[:80]) for name in names[:10])
    found = ", ".join(repr(name[:80]) for name in list(columns)[:20])
    return InvalidInput(
        f"The data lacks columns that the version takes: {listed}.",
        hint=f"Its columns: {found}. Names are compared as they are.",
    )


def _is_table(tensor: Tensor) -> bool:
    return len(tensor.shape) == 2
