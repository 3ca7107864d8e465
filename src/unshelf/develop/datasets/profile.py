"""The first profile of a table: count, gaps, extremes, mean and most frequent values of each column."""

import math
from datetime import date, datetime
from typing import Any

from unshelf.contracts.protocols.data import ColumnProfile, ColumnType, DataProfile, TopValue
from unshelf.develop.datasets.tabular import TableView, quoted_name

PREVIEW_ROWS = 20
_TOP = 20
_FEW = 100
"""Integers with no more different values than this are codes, and each value is counted."""
_MOST_CHARACTERS = 200


def profile_of(table: TableView) -> DataProfile:
    """Return the profile of a table and its first rows."""
    connection = table.connection
    counted = connection.execute("select count(*) from data").fetchone()
    rows = int(counted[0]) if counted else 0
    columns = [_column(table, name, kind, rows) for name, kind in table.columns.items()]
    # Without their zone, which is UTC: DuckDB needs one more library to give the others to Python.
    shown = [
        f"{quoted_name(name)}::timestamp" if kind == "timestamp" else quoted_name(name)
        for name, kind in table.columns.items()
    ]
    first = connection.execute(f"select {', '.join(shown)} from data limit {PREVIEW_ROWS}").fetchall()
    return DataProfile(rows=rows, columns=columns, preview=[[plain(value) for value in row] for row in first])


def plain(value: Any) -> Any:
    """Return a value as JSON has it; long texts are cut."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, list | tuple):
        return [plain(each) for each in value[:_TOP]]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    return str(value)[:_MOST_CHARACTERS]


def _column(table: TableView, name: str, kind: ColumnType, rows: int) -> ColumnProfile:
    column = quoted_name(name)
    if kind in ("integer", "number"):
        return _of_numbers(table, name, kind, rows)
    fields = {
        "text": f"min(length({column})), max(length({column})), avg(length({column})), approx_count_distinct({column})",
        "boolean": f"null, null, avg({column}::int), approx_count_distinct({column})",
        "date": f"min({column}), max({column}), null, approx_count_distinct({column})",
        "timestamp": f"min({column})::timestamp, max({column})::timestamp, null, approx_count_distinct({column})",
        "other": "null, null, null, null",
    }[kind]
    present, least, most, mean, distinct = _one(table, f"select count({column}), {fields} from data")
    has_top = kind in ("text", "boolean")
    return ColumnProfile(
        name=name, type=kind, count=rows, gaps=rows - int(present), minimum=plain(least), maximum=plain(most), mean=plain(mean),
        distinct=distinct, top=_top(table, column) if has_top and present else [],
    )  # fmt: skip


def _of_numbers(table: TableView, name: str, kind: ColumnType, rows: int) -> ColumnProfile:
    """Return the profile of numbers: NaN is a gap, and infinite ones count, but have no part in extremes and mean."""
    column = quoted_name(name)
    value = f"case when isfinite({column}) then {column} end" if kind == "number" else column
    gap = f"{column} is null or isnan({column})" if kind == "number" else f"{column} is null"
    infinite = f"count(*) filter (where isinf({column}))" if kind == "number" else "0"
    gaps, infinities, least, most, mean, deviation, distinct = _one(
        table,
        f"select count(*) filter (where {gap}), {infinite}, min(value), max(value), avg(value), stddev_pop(value::double),"
        f" approx_count_distinct(value) from (select {column}, {value} as value from data)",
    )
    is_code = kind == "integer" and 0 < (distinct or 0) <= _FEW
    return ColumnProfile(
        name=name, type=kind, count=rows, gaps=int(gaps), infinite=int(infinities), minimum=least, maximum=most,
        mean=plain(mean), deviation=plain(deviation), distinct=distinct, top=_top(table, column) if is_code else [],
    )  # fmt: skip


def _top(table: TableView, column: str) -> list[TopValue]:
    counted = table.connection.execute(
        f"select {column} as value, count(*) as times from data where {column} is not null"
        f" group by {column} order by times desc, value limit {_TOP}"
    )
    return [TopValue(value=plain(value), count=int(times)) for value, times in counted.fetchall()]


def _one(table: TableView, sql: str) -> tuple[Any, ...]:
    row = table.connection.execute(sql).fetchone()
    if row is None:
        raise RuntimeError("an aggregate without a row")
    return tuple(row)
