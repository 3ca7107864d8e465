"""Labels out of tables: files, DataFrames, datasets and plain rows become the labels of the API."""

import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import msgspec

from unshelf.client.errors import InvalidInput

_IDS = ("prediction_id", "id")
_VALUES = ("label", "value", "truth")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_PARQUET_ROWS = 10_000


@dataclass(frozen=True, kw_only=True)
class LabelColumns:
    """The columns of a table that hold labels; empty: the usual ones."""

    id: str = ""
    """The prediction's id; `prediction_id` or `id`."""
    key: str = ""
    """The business key's value, in place of the id."""
    label: str = ""
    """The truth; `label`, `value` or `truth`."""
    row: str = ""
    """The row of the request; `row`, where there is one."""
    at: str = ""
    """When the truth was observed; `at`, where there is one."""


def labels_in(data: Any, columns: LabelColumns) -> Iterator[dict[str, Any]]:
    """Yield the labels that some data holds, as the API takes them.

    `data`: mappings, a DataFrame of pandas or polars, a pyarrow Table, the path of a CSV, Parquet or JSON-lines file, or `-` for CSV or
    JSON lines from standard input. Raises InvalidInput where columns are missing."""
    rows = iter(rows_of(data))
    first = next(rows, None)
    if first is None:
        raise InvalidInput("The data has no rows.")
    chosen = _chosen(list(first), columns)
    for row in chain([first], rows):
        yield _label(row, chosen)


def rows_of(data: Any) -> Iterable[Mapping[str, Any]]:
    """Return the rows of a table as mappings: rows, a DataFrame, a pyarrow Table, or the path of a file. Raises InvalidInput."""
    if isinstance(data, str | Path):
        return _rows_of_file(str(data))
    for method, arguments in (("to_pylist", ()), ("to_dicts", ()), ("to_dict", ("records",))):
        if not isinstance(data, Mapping) and hasattr(data, method):
            return getattr(data, method)(*arguments)  # type: ignore[no-any-return]
    if isinstance(data, Iterable) and not isinstance(data, Mapping):
        return data
    raise InvalidInput("Rows come as mappings, a DataFrame, a pyarrow Table, or the path of a file.")


def _rows_of_file(path: str) -> Iterator[Mapping[str, Any]]:
    if path.endswith(".parquet"):
        try:
            parquet = import_module("pyarrow.parquet").ParquetFile(path, pre_buffer=False)
        except ImportError:
            raise InvalidInput("Parquet needs pyarrow.", hint="Install it, or send CSV.") from None
        for batch in parquet.iter_batches(batch_size=_PARQUET_ROWS):
            yield from batch.to_pylist()
        return
    try:
        with _opened(path) as file:
            yield from _rows_of_text(file)
    except OSError as error:
        raise InvalidInput(f"{path} can't be read: {error.strerror or error}.") from None
    except ValueError as error:  # of JSON, of the encoding
        raise InvalidInput(f"{path} can't be read: {error}.", hint="CSV, JSON lines and Parquet are read.") from None


@contextmanager
def _opened(path: str) -> Iterator[TextIO]:
    if path == "-":
        yield sys.stdin
        return
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        yield file


def _rows_of_text(file: TextIO) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of JSON lines or CSV; empty cells of CSV are None."""
    first = file.readline()
    lines = chain([first], file)
    if first.lstrip().startswith("{"):
        yield from (msgspec.json.decode(line, type=dict[str, Any]) for line in lines if line.strip())
        return
    for row in csv.DictReader(lines):
        yield {name: _typed(value) if value else None for name, value in row.items() if name is not None}


def _typed(text: str) -> str | int | float:
    """Return a number where a text of CSV is one as numbers are written; 007 stays a text."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    return int(text) if match[2] is None and match[3] is None else float(text)


def _chosen(names: list[str], columns: LabelColumns) -> LabelColumns:
    """Return the columns that are read. Raises InvalidInput."""
    for name in (columns.id, columns.key, columns.label, columns.row, columns.at):
        if name and name not in names:
            raise InvalidInput(f"The data has no column {name!r}.", hint=f"It has {', '.join(names)}.")
    id = columns.id or ("" if columns.key else next((each for each in _IDS if each in names), ""))
    key = columns.key or ("" if id or "key" not in names else "key")
    label = columns.label or next((each for each in _VALUES if each in names), "")
    if not label or not (id or key):
        what = "label" if id or key else "prediction's id or key"
        raise InvalidInput(
            f"No column of the data is known to hold the {what}: it has {', '.join(names)}.",
            hint="Name the columns: --id-column (or --key-column) and --label-column; in Python id=, key=, label=.",
        )
    return LabelColumns(
        id=id, key=key, label=label, row=columns.row or ("row" if "row" in names else ""),
        at=columns.at or ("at" if "at" in names else ""),
    )  # fmt: skip


def _label(row: Mapping[str, Any], columns: LabelColumns) -> dict[str, Any]:
    found: dict[str, Any] = {"value": _plain(row.get(columns.label))}
    if columns.id:
        found["prediction_id"] = str(row.get(columns.id, ""))
    else:
        key = row.get(columns.key)
        found["key"] = str(int(key) if isinstance(key, float) and key.is_integer() else "" if key is None else key)
    if columns.row and not columns.key and row.get(columns.row) is not None:
        found["row"] = int(row[columns.row])
    if columns.at and row.get(columns.at) is not None:
        found["at"] = _moment(row[columns.at])
    return found


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: numbers of NumPy are numbers of Python."""
    return value.item() if hasattr(value, "item") else value


def _moment(value: Any) -> str:
    """Return a moment as ISO 8601; UTC unless it says otherwise."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput(f"{str(value)[:40]!r} is no moment.", hint="Write it as ISO 8601.") from None
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).isoformat()
