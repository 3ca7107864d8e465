"""Typed values out of bodies: what a recorded request and its answer hold, column by column, as far as it is known.

The raw body is kept beside them, so an unknown value is None."""

import base64
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from unshelf.codecs.body import REFUSALS, Body, ColumnBody, RowBody, TensorBody, Undecodable, Values, flat
from unshelf.codecs.csv_text import CsvField
from unshelf.codecs.requests import columns_of, read_answer, read_request, wire_protocol_of
from unshelf.contracts.records import PredictionRecord
from unshelf.contracts.signature import Column, Columns, Tensor, Tensors

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def inputs_of(record: PredictionRecord, inputs: Columns | Tensors) -> Values | None:
    """The values of a request; None when they are not known: an Arrow stream, a body of another format."""
    wire_protocol = wire_protocol_of(record.protocol, record.content_type)
    try:
        body = read_request(wire_protocol, record.input, record.input_header)
        defaults = _defaults(inputs)
        if not defaults:
            return _typed(columns_of(body, _names(inputs)), inputs)
        return _typed(_completed(body, inputs, defaults), inputs)
    except REFUSALS:
        return None


def outputs_of(record: PredictionRecord, outputs: Columns | Tensors) -> Values | None:
    """The values of an answer; None when they are not known, and of every answer but 200."""
    if record.status != 200:
        return None
    try:
        body = read_answer(record.protocol, record.output, record.output_header)
        return _typed(columns_of(body, _names(outputs)), outputs)
    except REFUSALS:
        return None


def default_of(entry: Column | Tensor) -> Any:
    """The value of an entry that a row leaves out, in its type: its default, or None."""
    if isinstance(entry, Tensor) or entry.default is msgspec.UNSET:
        return None
    convert: Callable[[Any], Any] = _TYPED.get(entry.type, _integer)
    return convert(entry.default)


def _defaults(part: Columns | Tensors) -> dict[str, Any]:
    columns = part.columns if isinstance(part, Columns) else []
    return {column.name: column.default for column in columns if column.default is not msgspec.UNSET}


def _completed(body: Body, inputs: Columns | Tensors, defaults: dict[str, Any]) -> Values:
    """The values by column, with the defaults of those that the request left out, as the model saw them."""
    if isinstance(body, RowBody) and body.names is None:
        rows = [{**defaults, **row} if isinstance(row, dict) else row for row in body.rows]
        return columns_of(RowBody(body.member, rows), _names(inputs))
    values = columns_of(body, _names(inputs))
    given = _given_names(body)
    if given.isdisjoint(_names(inputs)):  # one tensor for all columns, or nothing that is known
        return values
    rows_given = len(next(iter(values.values()), ()))
    return {**{name: [value] * rows_given for name, value in defaults.items() if name not in given}, **values}


def _given_names(body: Body) -> set[str]:
    """The names that a body has, also of values that were taken out of it."""
    if isinstance(body, TensorBody):
        return {tensor.name for tensor in body.tensors}
    return set(body.values if isinstance(body, ColumnBody) else body.names or ())


def _names(part: Columns | Tensors) -> list[str]:
    return [entry.name for entry in _entries(part)]


def _entries(part: Columns | Tensors) -> list[Column] | list[Tensor]:
    return part.columns if isinstance(part, Columns) else part.tensors


def _typed(values: Values, part: Columns | Tensors) -> Values:
    typed = {}
    for entry in _entries(part):
        if entry.name in values:
            found: Iterable[Any] = values[entry.name]
            if isinstance(entry, Tensor):
                found = flat(found)
            elif entry.type != "json":
                found = [value[0] if isinstance(value, list) and len(value) == 1 else value for value in found]
            convert: Callable[[Any], Any] = _TYPED.get(entry.type, _integer)
            text = _base64 if entry.type == "bytes" else bytes.decode
            typed[entry.name] = [convert(text(value) if isinstance(value, bytes) else value) for value in found]
    if not typed:
        raise Undecodable
    return typed


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):  # no number, or one of hundreds of digits
        return None


def _integer(value: Any) -> int | None:
    if isinstance(value, CsvField):
        value = _number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if -(2**63) <= value < 2**63 and value == int(value) else None


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return _TRUTHS.get(value.lower()) if isinstance(value, CsvField) else None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and not (isinstance(value, CsvField) and not value) else None


def _duration(value: Any) -> str | None:
    """Text as it came; a number of seconds in the notation of ISO 8601."""
    seconds = None if isinstance(value, str) else _number(value)
    return _text(value) if seconds is None else f"PT{value}S"


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


_TYPED: dict[str, Callable[[Any], Any]] = {
    "bool": _truth, "float16": _number, "float32": _number, "float64": _number,
    "string": _text, "datetime": _text, "duration": _duration, "bytes": _text, "json": _json,
}  # fmt: skip
"""How a value becomes one of its column's type; all others are integers."""
