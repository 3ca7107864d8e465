"""Labels out of tables: files, DataFrames, datasets and plain rows become the labels of the API."""

import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_DELIMITERS = ",;\t"
"""Characters that may part the cells of CSV: the first of these that the header has, as spreadsheets of many countries write semicolons."""
_GAPS = ("nan", "NaT", "<NA>")
"""How gaps of pandas are written."""


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
    label_role: str = ""
    """The name under which the model's labels come, of a column that holds the truth unless another is named."""
    key_role: str = ""
    """The input that is the model's business key, of a column that holds it where none has the prediction's id."""


def labels_in(data: Any, columns: LabelColumns) -> Iterator[dict[str, Any]]:
    """Yield the labels that some data holds, as the API takes them.

    `data`: mappings, a DataFrame of pandas or polars, a pyarrow Table, the path of a CSV, Parquet or JSON-lines file, or `-` for CSV or
    JSON lines from standard input. Raises InvalidInput where columns are missing."""
    rows = iter(rows_of(data))
    first = next(rows, None)
    if first is None:
        raise InvalidInput("The data has no rows.")
    chosen = _chosen(list(first), columns)
    for number, row in enumerate(chain([first], rows)):
        yield _label(row, chosen, number)


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
    try:
        if path.endswith(".parquet"):
            yield from _rows_of_parquet(path)
            return
        with _opened(path) as file:
            yield from _rows_of_text(file)
    except OSError as error:
        raise InvalidInput(f"{path} can't be read: {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path} can't be read: it is no text in UTF-8 (byte {error.object[error.start]:#04x}).",
            hint="Save it as UTF-8; Excel calls that “CSV UTF-8”.",
        ) from None
    except (ValueError, csv.Error) as error:  # of JSON, CSV, Parquet
        raise InvalidInput(f"{path} can't be read: {error}.", hint="CSV, JSON lines and Parquet are read.") from None


def _rows_of_parquet(path: str) -> Iterator[Mapping[str, Any]]:
    try:
        parquet = import_module("pyarrow.parquet").ParquetFile(path, pre_buffer=False)
    except ImportError:
        raise InvalidInput("Parquet needs pyarrow.", hint="Install it, or send CSV.") from None
    for batch in parquet.iter_batches(batch_size=_PARQUET_ROWS):
        yield from batch.to_pylist()


@contextmanager
def _opened(path: str) -> Iterator[TextIO]:
    if path == "-":
        yield sys.stdin
        return
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        yield file


def _rows_of_text(file: TextIO) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of JSON lines or CSV; empty cells of CSV are None. Raises ValueError, which names the line."""
    first = file.readline()
    lines = chain([first], file)
    if first.lstrip().startswith("{"):
        yield from (_decoded(line, number) for number, line in enumerate(lines, start=1) if line.strip())
        return
    reader = csv.DictReader(lines, delimiter=next((each for each in _DELIMITERS if each in first), ","), strict=True)
    begins = 1
    try:
        while (row := next(reader, None)) is not None:
            if None in row:
                raise ValueError("it has more cells than the header")
            yield {name: _typed(value) if value else None for name, value in row.items()}
            begins = reader.line_num + 1
    except UnicodeDecodeError:
        raise
    except (ValueError, csv.Error) as error:
        raise ValueError(f"the row that begins in line {max(begins, 2):,}: {error}") from None


def _decoded(line: str, number: int) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except ValueError as error:
        raise ValueError(f"line {number:,}: {error}") from None


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
    id = columns.id or ("" if columns.key else _first(_IDS, names))
    key = columns.key or ("" if id else _first((columns.key_role, "key"), names))
    label = columns.label or _first((columns.label_role, *_VALUES), names)
    if not label or not (id or key):
        what = "label" if id or key else "prediction's id or key"
        raise InvalidInput(
            f"No column of the data is known to hold the {what}: it has {', '.join(names)}.",
            hint="Name the columns: --id-column (or --key-column) and --label-column; in Python id=, key=, label=. "
            "Or set the roles of the model's columns: unshelf columns set NAME --label COLUMN --key COLUMN.",
        )
    return LabelColumns(
        id=id, key=key, label=label, row=columns.row or ("row" if "row" in names else ""),
        at=columns.at or ("at" if "at" in names else ""),
    )  # fmt: skip


def _first(wanted: Sequence[str], names: Sequence[str]) -> str:
    """Return the first wanted name that there is; empty: there is none."""
    return next((each for each in wanted if each in names), "")


def _label(row: Mapping[str, Any], columns: LabelColumns, number: int) -> dict[str, Any]:
    """Return the label of a row, the `number`-th from 0. Raises InvalidInput, which names the row."""
    found: dict[str, Any] = {"value": _plain(row.get(columns.label))}
    if columns.id:
        id = row.get(columns.id)
        found["prediction_id"] = "" if _is_gap(id) else str(id)
    else:
        key = row.get(columns.key)
        found["key"] = "" if _is_gap(key) else str(int(key) if isinstance(key, float) and key.is_integer() else key)
    if columns.row and not columns.key and not _is_gap(row.get(columns.row)):
        found["row"] = _row_number(row[columns.row], columns.row, number)
    if columns.at and not _is_gap(row.get(columns.at)):
        found["at"] = _moment(row[columns.at], columns.at, number)
    return found


def _is_gap(value: Any) -> bool:
    return value is None or (not isinstance(value, str) and str(value) in _GAPS)


def _row_number(value: Any, column: str, number: int) -> int:
    """Return the row of a request that a label names: whole numbers alone, for 1.5 names none."""
    try:
        whole = int(value)
    except (ValueError, TypeError, OverflowError):
        whole = None
    if whole is None or isinstance(value, bool) or (not isinstance(value, str) and whole != value):
        raise _not_sent(number, column, "the row of the request, a whole number from 0", value)
    return whole


def _not_sent(number: int, column: str, expected: str, value: Any) -> InvalidInput:
    got = str(value)[:40]
    return InvalidInput(
        f"Row {number:,} of the data (from 0) can't be sent: {column} is {got!r}, not {expected}.",
        hint="Mend or leave out that row, and send all of it again: what was sent before is known.",
        errors=[{"row": number, "column": column, "expected": expected, "got": got}],
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: numbers of NumPy are numbers of Python."""
    return value.item() if hasattr(value, "item") else value


def _moment(value: Any, column: str, number: int) -> str:
    """Return a moment as ISO 8601; UTC unless it says otherwise."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise _not_sent(number, column, "a moment as ISO 8601", value) from None
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).isoformat()
