"""Rows for the proof of batching: the example's, and others made from them and the signature, all of them different.

A model may look at its batch only where something is missing, longer, larger or negative; so rows are made that are."""

import datetime
import json
from typing import Any

MOST = 24
"""Rows of the proof: each is predicted alone, too."""
MOST_THOROUGH = 48
"""Rows of the proof of a model that is not known to answer each row alone."""
_MOST_OF_EXAMPLE = 12
_GOLDEN = 0.6180339887498949
"""A number whose multiples, without their whole parts, lie evenly between 0 and 1."""
_LENGTH = 5
"""Items of a list that is made longer."""


def proof_rows(inputs: dict[str, Any], example: list[Any], most: int = MOST) -> list[Any]:
    """At most `most` rows: of the example, with gaps, and with other values; whether the model takes them is for it to say."""
    made = _of_tensors(inputs["tensors"], example) if inputs["kind"] == "tensors" else _of_columns(inputs, example)
    known: dict[str, Any] = {}
    for row in [*example[:_MOST_OF_EXAMPLE], *made]:
        known.setdefault(json.dumps(row), row)
    return list(known.values())[:most]


def _of_columns(inputs: dict[str, Any], example: list[Any]) -> list[Any]:
    """Rows with a gap in each column that may have one, then rows with other values, as lists in the order of the columns."""
    columns = inputs["columns"]
    rows = [_listed(row, columns) for row in example[:_MOST_OF_EXAMPLE]]
    open_to_gaps = [position for position, column in enumerate(columns) if column.get("nullable")]
    made = []
    for turn, position in enumerate(open_to_gaps[: MOST // 3]):
        made.append(_with_gaps(rows[turn % len(rows)], [position]))
    if len(open_to_gaps) > 1:
        made.append(_with_gaps(rows[0], open_to_gaps))
    for turn in range(MOST_THOROUGH):
        crossed = [rows[(turn + position) % len(rows)][position] for position in range(len(columns))]
        made.append([_other(value, column, turn) for value, column in zip(crossed, columns, strict=True)])
    named = isinstance(example[0], dict) and example[0].keys() == {columns[0]["name"]}
    if len(columns) == 1 and columns[0]["type"] == "json" and not named:  # a list there is the value, not its row
        return [row[0] for row in made]
    return made


def _with_gaps(row: list[Any], positions: list[int]) -> list[Any]:
    return [None if position in positions else value for position, value in enumerate(row)]


def _listed(row: Any, columns: list[dict[str, Any]]) -> list[Any]:
    if isinstance(row, dict) and _is_by_column(row, columns):
        return [row.get(column["name"], column.get("default")) for column in columns]
    if isinstance(row, list) and len(row) == len(columns) and not (len(row) == 1 and columns[0]["type"] == "json"):
        return row
    return [row]


def _is_by_column(row: dict[str, Any], columns: list[dict[str, Any]]) -> bool:
    """Whether an object is a row by column, perhaps without those that it may leave out; not the value of the only column."""
    may_lack = {column["name"] for column in columns if column.get("optional") or "default" in column}
    return row.keys() | may_lack == {column["name"] for column in columns}


def _of_tensors(tensors: list[dict[str, Any]], example: list[Any]) -> list[Any]:
    """Rows of the same shapes, since only such rows share a batch. Whole numbers, often places in a table, only change places."""
    made = []
    for turn in range(MOST_THOROUGH):
        row = example[turn % min(len(example), _MOST_OF_EXAMPLE)]
        if len(tensors) == 1 and not isinstance(row, dict):
            made.append(_other_nested(row, tensors[0], turn))
        else:
            made.append({tensor["name"]: _other_nested(row[tensor["name"]], tensor, turn) for tensor in tensors})
    return made


def _other_nested(value: Any, tensor: dict[str, Any], turn: int) -> Any:
    if isinstance(value, list):
        inner = [_other_nested(item, tensor, turn) for item in value]
        start = turn % len(inner) if inner else 0
        return inner[start:] + inner[:start]
    return value if isinstance(value, int) else _other(value, tensor, turn)


def _other(value: Any, field: dict[str, Any], turn: int) -> Any:
    """Another value of the field's type; the same one where none comes to mind."""
    categories = field.get("categories")
    if categories:
        return categories[turn % len(categories)]
    if field["type"] == "bytes":
        return value
    if field["type"] == "duration":
        return f"PT{turn}.5S"
    if field["type"] == "datetime":
        return _other_moment(value, turn)
    return _varied(value, turn)


def _varied(value: Any, turn: int) -> Any:
    if isinstance(value, bool):
        return value if turn % 2 else not value
    if isinstance(value, int):
        return (
            value + turn, -value - turn, value * 2 + 1, value // 2, turn % 5, value + 1000 * turn, 0, -turn,
        )[turn % 8]  # fmt: skip
    if isinstance(value, float):
        between = turn * _GOLDEN % 1.0
        return (
            value + 0.5 * turn, -value - 0.25, value * 1.5 + 0.125, between, 0.0, value * 1000.0 + turn, -between, value / 3.0,
            value * between, 10.0 * between, -10.0 * between, 0.01 * between, -100.0 * between - value, value - 10.0 * between,
        )[turn % 14]  # fmt: skip
    if isinstance(value, str):
        return (f"{value} {turn}", value[::-1], "", value * 3, value[: len(value) // 2], value.upper())[turn % 6]
    if isinstance(value, list):
        inner = [_varied(item, turn + 1) for item in value]
        return (inner, inner[::-1], inner[: len(inner) // 2], (inner * _LENGTH)[: len(inner) + _LENGTH])[turn % 4]
    if isinstance(value, dict):
        return {name: _varied(item, turn + place) for place, (name, item) in enumerate(value.items())}
    return value


def _other_moment(value: Any, turn: int) -> Any:
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.datetime.fromisoformat(value[:-1] + "+00:00" if value[-1:] in ("Z", "z") else value)
        return (moment + datetime.timedelta(days=turn, hours=turn)).isoformat()
    except (ValueError, OverflowError):
        return value
