"""Examples: a few rows of what a model takes, from memory or from a JSON or CSV file, cut to what a check needs."""

import csv
import io
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from unshelf.client.data.data_types import kind_of
from unshelf.client.data.text_files import read_utf8
from unshelf.client.errors import InvalidModel

MAX_ROWS = 64
"""Rows of the example that a bundle holds; the check predicts them one by one and all together."""
_BASELINE_ROWS = 8
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,19})", re.ASCII)
"""Without leading zeros and plus: what is written with them is a code (a zip, a telephone number), and they belong to it."""
_FLOAT = re.compile(r"-?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TEXTS = frozenset({"string", "datetime", "bytes"})
_WORDS: dict[str, Any] = {
    "": None, "true": True, "false": False, "nan": None, "inf": float("inf"), "+inf": float("inf"), "-inf": float("-inf"),
    "infinity": float("inf"), "-infinity": float("-inf"),
}  # fmt: skip


def head(data: Any, rows: int) -> Any:
    """Return the first rows of any kind of data, in the same kind."""
    kind = kind_of(data)
    if kind == "mapping":
        return {name: values[:rows] for name, values in data.items()}
    if kind in ("pandas_frame", "pandas_series"):
        return data.iloc[:rows]
    return data.head(rows) if kind == "polars_frame" else data[:rows]


def example_from(example: Any, baseline: Any) -> Any:
    """Return the example, or the first rows of the baseline where none is given; of a single image or bytes, a list of it."""
    if kind_of(example) in ("bytes", "image"):
        return [example]
    if example is None and baseline is not None:
        return head(baseline, _BASELINE_ROWS)
    return example


def read_rows(path: Path, types: Mapping[str, str] | None = None) -> list[Any]:
    """Read the rows of a JSON, JSON-lines or CSV file; its suffix decides which. `types`: see `parse_csv`. Raises InvalidModel."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidModel(f"{path} can't be read: {error.strerror}.") from error
    try:
        return parse_csv(data, types) if path.suffix.lower() == ".csv" else parse_json(data)
    except InvalidModel as error:
        raise InvalidModel(f"{path}: {error.detail}", hint=error.hint) from error


def parse_json(data: bytes) -> list[Any]:
    """Rows from `[row, …]`, `{"inputs": [row, …]}` or JSON lines. Raises InvalidModel."""
    data = read_utf8(data).encode()
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


def parse_csv(data: bytes, types: Mapping[str, str] | None = None) -> list[Any]:
    """Rows of a CSV with a header line: one dict a row, numbers as numbers, an empty field as None. Raises InvalidModel.

    `types`: column → its type by the signature, which then decides; any other column is of numbers where every field of it is
    written as a number is: codes with leading zeros or a plus, and whole numbers beyond 64 bits, stay texts."""
    try:
        table = list(csv.reader(io.StringIO(read_utf8(data), newline=""), strict=True))
    except csv.Error as error:
        raise InvalidModel(f"This CSV can't be read: {error}.", hint="Save it as UTF-8 with a header line.") from error
    header, *rows = table or [[]]
    wide = len(header) > 1  # in a file of one column an empty line is a row whose only field is missing
    rows = [fields or [""] for fields in rows if fields or not wide]
    if not header or not rows:
        raise InvalidModel(
            "This CSV holds no rows.", hint="It needs a header line with the columns, then one line a row."
        )
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise InvalidModel(f"The CSV has two columns {twice!r}.", hint="Rename one, or leave it out.")
    for number, fields in enumerate(rows, start=1):
        if len(fields) != len(header):
            raise InvalidModel(
                f"Row {number} of the CSV has {len(fields)} fields, its header {len(header)}.",
                hint="Give each row a field for each column; a field with commas stands in double quotes.",
            )
    columns = []
    for place, name in enumerate(header):
        texts = [fields[place] for fields in rows]
        columns.append(_typed(texts, types[name]) if types and name in types else _column(texts))
    return [dict(zip(header, values, strict=True)) for values in zip(*columns, strict=True)]


def _column(texts: list[str]) -> list[Any]:
    """Return the fields of a CSV column as numbers or booleans when every one of them is, else as texts."""
    values = [_value(text) for text in texts]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} or kinds == {bool}:
        return values
    return [text or None for text in texts]


def _typed(texts: list[str], kind: str) -> list[Any]:
    """Return the fields of a CSV column whose type is known; what does not fit it stays a text, which the server refuses."""
    if kind in _TEXTS:
        return [text or None for text in texts]
    if kind == "json":
        return [_json(text) for text in texts]
    return [_number(text) for text in texts]


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text) if text else None
    except msgspec.DecodeError:
        return text


def _number(text: str) -> Any:
    stripped = text.strip()
    if re.fullmatch(r"[+-]?\d{1,400}", stripped):
        return int(stripped)
    if stripped.lower() in _WORDS:
        return _WORDS[stripped.lower()]
    return float(stripped) if _FLOAT.fullmatch(stripped) else text


def _value(text: str) -> Any:
    """Return the number, truth value or None that a field is written as; else the text."""
    stripped = text.strip()
    if stripped.lower() in _WORDS:
        return _WORDS[stripped.lower()]
    if _INTEGER.fullmatch(stripped):
        number = int(stripped)
        return number if -(1 << 63) <= number < 1 << 64 else text
    if not _FLOAT.fullmatch(stripped) or stripped.isdigit():
        return text
    value = float(stripped)
    return value if math.isfinite(value) else text
