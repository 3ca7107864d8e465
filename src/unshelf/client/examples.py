"""Examples: a few rows of what a model takes, from memory or from a JSON or CSV file, cut to what a check needs."""

import csv
import re
from pathlib import Path
from typing import Any

import msgspec

from unshelf.client.errors import InvalidModel
from unshelf.client.kinds import kind_of

MAX_ROWS = 64
"""Rows of the example that a bundle holds; the check predicts them one by one and all together."""
_BASELINE_ROWS = 8
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_FLOAT = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")
_WORDS: dict[str, Any] = {
    "": None, "true": True, "false": False, "nan": None, "inf": float("inf"), "+inf": float("inf"), "-inf": float("-inf"),
    "infinity": float("inf"), "-infinity": float("-inf"),
}  # fmt: skip


def head(data: Any, rows: int) -> Any:
    """The first rows of any kind of data, in the same kind."""
    kind = kind_of(data)
    if kind == "mapping":
        return {name: values[:rows] for name, values in data.items()}
    if kind in ("pandas_frame", "pandas_series"):
        return data.iloc[:rows]
    return data.head(rows) if kind == "polars_frame" else data[:rows]


def example_from(example: Any, baseline: Any) -> Any:
    """The example, or the first rows of the baseline where none is given."""
    if example is None and baseline is not None:
        return head(baseline, _BASELINE_ROWS)
    return example


def read_rows(path: Path) -> list[Any]:
    """The rows of a JSON, JSON-lines or CSV file, told apart by its suffix. Raises InvalidModel."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidModel(f"{path} can't be read: {error.strerror}.") from error
    try:
        return parse_csv(data) if path.suffix.lower() == ".csv" else parse_json(data)
    except InvalidModel as error:
        raise InvalidModel(f"{path}: {error.detail}", hint=error.hint) from error


def parse_json(data: bytes) -> list[Any]:
    """Rows from `[row, …]`, `{"inputs": [row, …]}` or JSON lines. Raises InvalidModel."""
    try:
        found = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        lines = [line for line in data.splitlines() if line.strip()]
        if len(lines) < 2:
            raise InvalidModel(f"This is not JSON: {error}.", hint='Write [row, …] or {"inputs": [row, …]}.') from error
        try:
            return [msgspec.json.decode(line) for line in lines]
        except msgspec.DecodeError:
            raise InvalidModel(f"This is neither JSON nor JSON lines: {error}.") from error
    if isinstance(found, dict) and isinstance(found.get("inputs"), list):
        return list(found["inputs"])
    if isinstance(found, list):
        return found
    if isinstance(found, dict):
        return [found]
    raise InvalidModel("This JSON holds no rows.", hint='Write [row, …] or {"inputs": [row, …]}.')


def parse_csv(data: bytes) -> list[Any]:
    """Rows of a CSV with a header line: one dict a row, numbers as numbers, an empty field as None. Raises InvalidModel."""
    try:
        lines = data.decode("utf-8-sig").splitlines(keepends=True)
        table = list(csv.reader(lines, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidModel(f"This CSV can't be read: {error}.", hint="Save it as UTF-8 with a header line.") from error
    table = [fields for fields in table if fields]
    if len(table) < 2:
        raise InvalidModel(
            "This CSV holds no rows.", hint="It needs a header line with the columns, then one line a row."
        )
    header, *rows = table
    for number, fields in enumerate(rows, start=1):
        if len(fields) != len(header):
            raise InvalidModel(f"Row {number} of the CSV has {len(fields)} fields, its header {len(header)}.")
    columns = [_column([fields[place] for fields in rows]) for place in range(len(header))]
    return [dict(zip(header, values, strict=True)) for values in zip(*columns, strict=True)]


def _column(texts: list[str]) -> list[Any]:
    """A column is of numbers or booleans only when every field is; else its fields are texts."""
    values = [_value(text) for text in texts]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} or kinds == {bool}:
        return values
    return [text or None for text in texts]


def _value(text: str) -> Any:
    stripped = text.strip()
    if stripped.lower() in _WORDS:
        return _WORDS[stripped.lower()]
    if _INTEGER.fullmatch(stripped):
        return int(stripped)
    return float(stripped) if _FLOAT.fullmatch(stripped) else text
