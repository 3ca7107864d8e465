"""Bodies of requests and answers as they are parsed, whatever their format: by row, by column, or by tensor."""

import csv
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

PARAMS = "params"
"""The member of a body that the parameters are in."""

Values = dict[str, list[Any]]
"""Column or tensor → its values, one a row; a tensor's are flat, in row-major order."""


class Undecodable(ValueError):
    """The body is not of the format that its protocol tells."""


REFUSALS = (Undecodable, msgspec.DecodeError, UnicodeDecodeError, csv.Error, RecursionError)
"""Exceptions that readers raise for a body that is not of their format."""


@dataclass(frozen=True)
class RowBody:
    """Rows: objects by column, arrays in column order, or bare values of a single column."""

    member: str
    """The member of the body that they are in."""
    rows: list[Any]
    names: list[str] | None = None
    """The columns' names where the body tells them: then each row is an array in their order."""
    params: dict[str, Any] | None = None
    """The parameters that stand in the body."""

    def columns(self, names: Sequence[str]) -> Values:
        """The values by column; `names`: those of the signature, in its order. Raises Undecodable."""
        rows = self.rows
        if self.names is not None:
            _check_arrays(rows, self.names)
            return {name: [row[place] for row in rows] for place, name in enumerate(self.names)}
        if all(isinstance(row, dict) for row in rows):
            return {name: [row.get(name) for row in rows] for name in names}
        if len(names) == 1:
            # [[5.1], [4.9]] and [5.1, 4.9] are both ways to write one column; a tensor's rows are flattened in any case.
            return {names[0]: rows}
        _check_arrays(rows, names)
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}

    def mapped(self, names: Sequence[str], keep: Callable[[str, Any], Any]) -> "RowBody":
        """The same with `keep(name, value)` in place of each value. Raises Undecodable."""
        own_names = self.names

        def kept(row: Any) -> Any:
            if own_names is None and isinstance(row, dict):
                return {name: keep(name, value) for name, value in row.items()}
            if own_names is None and len(names) == 1:
                return keep(names[0], row)
            _check_arrays([row], names if own_names is None else own_names)
            return [
                keep(name, value) for name, value in zip(names if own_names is None else own_names, row, strict=True)
            ]

        return RowBody(self.member, [kept(row) for row in self.rows], own_names, self.params)


@dataclass(frozen=True)
class ColumnBody:
    """Column (or tensor) name → its values."""

    member: str
    values: dict[str, Any]
    params: dict[str, Any] | None = None

    def columns(self, names: Sequence[str]) -> Values:  # noqa: ARG002 - every kind of body has it
        """The values by column, without those that were taken out."""
        return {name: values for name, values in self.values.items() if isinstance(values, list)}

    def mapped(self, names: Sequence[str], keep: Callable[[str, Any], Any]) -> "ColumnBody":  # noqa: ARG002
        """The same with `keep(name, values)` in place of each column's values."""
        return ColumnBody(self.member, {name: keep(name, values) for name, values in self.values.items()}, self.params)


@dataclass(frozen=True)
class TensorPart:
    """One tensor of the Open Inference Protocol: its JSON object, and its bytes where they follow the JSON part."""

    fields: dict[str, Any]
    raw: bytes | None = None

    @property
    def name(self) -> str:
        """The tensor's name."""
        return str(self.fields["name"])


@dataclass(frozen=True)
class TensorBody:
    """Tensors, and whatever else the body's object holds."""

    member: str
    tensors: list[TensorPart]
    others: dict[str, Any] = field(default_factory=dict)


Body = RowBody | ColumnBody | TensorBody


def object_in(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is. Raises one of REFUSALS."""
    payload = msgspec.json.decode(body.removeprefix(BOM_UTF8))
    if not isinstance(payload, dict):
        raise Undecodable
    return payload


def params_in(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Take the member with the parameters out of a body's object. Raises Undecodable."""
    params = payload.pop(PARAMS, None)
    if not isinstance(params, dict | None):
        raise Undecodable
    return params


def with_params(payload: dict[str, Any], params: dict[str, Any] | None) -> dict[str, Any]:
    """The body's object with its parameters."""
    return payload if params is None else {**payload, PARAMS: params}


def rows_in(value: Any) -> list[Any]:
    """A list of rows. Raises Undecodable."""
    if not isinstance(value, list):
        raise Undecodable
    return value


def flat(values: Any) -> Iterable[Any]:
    """The values of nested lists, in row-major order."""
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def _check_arrays(rows: list[Any], names: Sequence[str]) -> None:
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        raise Undecodable
