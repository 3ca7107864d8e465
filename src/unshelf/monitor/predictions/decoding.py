"""Values out of bodies: what a recorded request and its answer hold, column by column, as far as it can be told.

Everything here is a courtesy to whoever queries: the raw body is kept beside it, so what can't be told is None."""

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from unshelf.contracts.records import PredictionRecord
from unshelf.contracts.signature import Column, Columns, Tensor, Tensors

Values = dict[str, list[Any]]
"""Column or tensor → its values, one a row; a tensor's are flat, in row-major order."""
_FORMS = ("inputs", "instances", "dataframe_split", "dataframe_records")
_V2 = ("v2", "grpc")
"""Protocols whose bodies are written as those of the Open Inference Protocol."""
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_MOST_FIELD_CHARACTERS = 1 << 30  # a body is bounded before it comes here
csv.field_size_limit(_MOST_FIELD_CHARACTERS)


class Undecodable(Exception):
    """The body is not of the form that its protocol and its signature tell."""


def inputs_of(record: PredictionRecord, inputs: Columns | Tensors) -> Values | None:
    """The values of a request; None when they can't be told: binary tensors, Arrow, a body that was refused."""
    return _decoded(lambda: _typed(_request(record, _names(inputs)), inputs))


def outputs_of(record: PredictionRecord, outputs: Columns | Tensors) -> Values | None:
    """The values of an answer; None when they can't be told, and of every answer but 200."""
    if record.status != 200:
        return None
    return _decoded(lambda: _typed(_answer(record, _names(outputs)), outputs))


def _decoded(decode: Callable[[], Values]) -> Values | None:
    try:
        return decode()
    except (Undecodable, msgspec.DecodeError, UnicodeDecodeError, csv.Error, RecursionError):
        return None


def _request(record: PredictionRecord, names: list[str]) -> Values:
    if record.input_header or not record.input:
        raise Undecodable
    if record.protocol == "mlflow" and record.content_type.partition(";")[0].strip().lower() == "text/csv":
        return _from_csv(record.input.decode("utf-8-sig"))
    body = msgspec.json.decode(record.input)
    if not isinstance(body, dict):
        raise Undecodable
    if record.protocol == "native":
        return _from_rows(body.get("inputs"), names)
    if record.protocol == "mlflow":
        return _from_mlflow(body, names)
    if record.protocol in _V2:
        return _from_tensors(body.get("inputs"), names)
    raise Undecodable


def _answer(record: PredictionRecord, names: list[str]) -> Values:
    if record.output_header:
        raise Undecodable
    body = msgspec.json.decode(record.output)
    if record.protocol == "native":
        return _from_rows(body, names)
    if record.protocol == "mlflow":
        predictions = body.get("predictions") if isinstance(body, dict) else None
        return _from_columns(predictions) if isinstance(predictions, dict) else _from_rows(predictions, names)
    if record.protocol in _V2 and isinstance(body, dict):
        return _from_tensors(body.get("outputs"), names)
    raise Undecodable


def _from_mlflow(body: dict[str, Any], names: list[str]) -> Values:
    forms = [form for form in _FORMS if form in body]
    if len(forms) != 1:
        raise Undecodable
    value = body[forms[0]]
    if forms[0] == "dataframe_split":
        if not isinstance(value, dict):
            raise Undecodable
        told = value.get("columns")
        return _from_rows(value.get("data"), [str(name) for name in told] if isinstance(told, list) else names)
    if forms[0] == "inputs" and isinstance(value, dict):
        return _from_columns(value)
    return _from_rows(value, names)


def _from_rows(rows: Any, names: list[str]) -> Values:
    """Rows are objects by name or arrays in the order of the names; of a single one, its bare values."""
    if not isinstance(rows, list):
        raise Undecodable
    if all(isinstance(row, dict) for row in rows):
        return {name: [row.get(name) for row in rows] for name in names}
    if len(names) == 1:
        # [[5.1], [4.9]] and [5.1, 4.9] are both ways to write one column; a tensor's rows are flattened in any case.
        return {names[0]: rows}
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        raise Undecodable
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _from_columns(columns: dict[str, Any]) -> Values:
    if not all(isinstance(values, list) for values in columns.values()):
        raise Undecodable
    return columns


def _from_tensors(tensors: Any, names: list[str]) -> Values:
    """V2: one tensor a column, or one of shape (n, columns) that holds them all."""
    if not isinstance(tensors, list) or not all(
        isinstance(each, dict) and isinstance(each.get("data"), list) for each in tensors
    ):
        raise Undecodable
    values = {str(each.get("name")): list(_flat(each["data"])) for each in tensors}
    if len(tensors) == 1 and len(names) > 1 and not values.keys() & set(names):
        (flat,) = values.values()
        if len(flat) % len(names):
            raise Undecodable
        return {name: flat[place :: len(names)] for place, name in enumerate(names)}
    return values


def _from_csv(text: str) -> Values:
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if not rows or not rows[0]:
        raise Undecodable
    names, *lines = rows
    lines = [line or [""] for line in lines if line or len(names) == 1]
    if not all(len(line) == len(names) for line in lines):
        raise Undecodable
    return {name: [_Text(line[place]) for line in lines] for place, name in enumerate(names)}


class _Text(str):
    """A field of a CSV file, which may stand for a value of any type."""

    __slots__ = ()


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
                found = _flat(found)
            elif entry.type != "json":
                found = [value[0] if isinstance(value, list) and len(value) == 1 else value for value in found]
            convert: Callable[[Any], Any] = _TYPED.get(entry.type, _integer)
            typed[entry.name] = [convert(value) for value in found]
    if not typed:
        raise Undecodable
    return typed


def _flat(values: Any) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):  # no number, or one of hundreds of digits
        return None


def _integer(value: Any) -> int | None:
    if isinstance(value, _Text):
        value = _number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if -(2**63) <= value < 2**63 and value == int(value) else None


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return _TRUTHS.get(value.lower()) if isinstance(value, _Text) else None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and not (isinstance(value, _Text) and not value) else None


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


_TYPED: dict[str, Callable[[Any], Any]] = {
    "bool": _truth, "float16": _number, "float32": _number, "float64": _number,
    "string": _text, "datetime": _text, "json": _json,
}  # fmt: skip
"""How a value becomes one of its column's type; all others are integers."""
