"""Records of a diagnosis: counted by bin, step and slice, and listed, by SQL in the bounded process that answers people's queries too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import numpy as np

from unshelf.contracts.protocols.records import SqlResult
from unshelf.monitor.diagnosis.bins import ValueSql, quoted, recorded_name, recorded_values, text_of
from unshelf.monitor.diagnosis.diagnosis import DiagnosedRows, DiagnosisQuestion

MOST_SLICES = 12
"""Values of an input that are separated; rarer ones are put together."""
OTHERS = "(others)"
MOST_ROWS = 1000
ROW_FACTS = ("time", "id", "row")
"""The first columns of listed rows."""
_MOST_COUNTS = 200_000
_MOST_COLUMNS = 60


class DiagnosisQueries(Protocol):
    """SQL over the records of predictions."""

    def ask(self, sql: str, *, models: tuple[str, ...] | None, model: str | None, rows: int = ...) -> SqlResult:
        """Return the rows of one `select` from `predictions`. Raises UnshelfError where it can't be answered."""


@dataclass(frozen=True, kw_only=True)
class BarChoice:
    """The bar whose rows are wanted; what is empty or None parts nothing."""

    conditions: tuple[str, ...] = ()
    """SQL about a row, whose columns have the names of the table."""
    step: datetime | None = None


def is_in_bin(column: str, place_of: ValueSql, place: int) -> str:
    """Return the condition of the rows whose value lies in a bin."""
    return f"({place_of(recorded_name(column))}) = {place}"


def is_in_slice(column: str, named: ValueSql | None, value: str) -> str:
    """Return the condition of the rows of a slice: those with a value, or, of numbers, within a band of this name."""
    own = recorded_name(column)
    is_value = f"({text_of(own)}) = {quoted(value)}"
    return is_value if named is None else f"({is_value} or ({named(own)}) = {quoted(value)})"


@dataclass(frozen=True, kw_only=True)
class CountedBins:
    """A column and the bins that its rows are counted in."""

    column: str
    place_of: ValueSql
    count: int


@dataclass(frozen=True, kw_only=True)
class CountedParts:
    """Rows of a window by bin: of each step, and of each value of each slice by step."""

    steps: Any
    """Step × bin."""
    slices: Mapping[str, Mapping[str, Any]]
    """Column → value → step × bin."""
    truncated: bool = False


def count_parts(
    queries: DiagnosisQueries, asked: DiagnosisQuestion, bins: CountedBins, slices: Mapping[str, ValueSql]
) -> CountedParts:
    """Count the rows of a window by bin and step, and by the values of slices: column → what names its value. Raises UnshelfError."""
    steps = len(steps_of(asked))
    names = list(slices)
    found = queries.ask(_counting_sql(asked, bins, slices), models=None, model=asked.model, rows=_MOST_COUNTS)
    whole = np.zeros((steps, bins.count))
    parts: dict[str, dict[str, Any]] = {name: {} for name in names}
    for which, place, step, value, count in found.rows:
        if not 0 <= step < steps:
            continue
        if which == 0:
            whole[step, place] += count
            continue
        of_value = parts[names[which - 1]].setdefault(str(value), np.zeros_like(whole))
        of_value[step, place] += count
    return CountedParts(steps=whole, slices=parts, truncated=found.truncated)


def list_rows(
    queries: DiagnosisQueries, asked: DiagnosisQuestion, choice: BarChoice, columns: Sequence[str], limit: int
) -> DiagnosedRows:
    """Return the newest rows behind a bar, with all columns of each. Raises UnshelfError."""
    shown = list(columns)[:_MOST_COLUMNS]
    sql = rows_sql(asked, choice, shown, limit)
    found = queries.ask(sql, models=None, model=asked.model, rows=limit)
    rows = tuple(tuple(row) for row in found.rows)
    return DiagnosedRows(
        columns=(*ROW_FACTS, *shown), rows=rows, truncated=found.truncated or len(rows) == limit, sql=sql
    )  # fmt: skip


def rows_sql(asked: DiagnosisQuestion, choice: BarChoice, columns: Sequence[str], limit: int) -> str:
    """Return the query of the rows behind a bar."""
    names = [recorded_name(name) for name in columns]
    lists = [recorded_values(name) for name in columns]
    fields = [f"unnest({values}) as {name}" for values, name in zip(lists, names, strict=True)]
    longest = f"greatest({', '.join(f'coalesce(len({values}), 0)' for values in lists)})" if names else "1"
    inner = ", ".join(["time", "id", f"unnest(generate_series(0, {longest} - 1)) as row_number", *fields])
    where = f"\nwhere {' and '.join(choice.conditions)}" if choice.conditions else ""
    shown = ", ".join(["time", "id", "row_number", *names])
    return (
        f"select {shown}\nfrom (select {inner}\n  from predictions\n  where {_window(asked, choice.step)}){where}\n"  # noqa: S608 - all is quoted
        f"order by time desc, id desc, row_number limit {limit}"
    )


def steps_of(asked: DiagnosisQuestion) -> list[datetime]:
    """Return the beginnings of the steps of a window."""
    size = timedelta(hours=asked.step_hours)
    return [asked.since + number * size for number in range(-(-(asked.until - asked.since) // size))]


def _counting_sql(asked: DiagnosisQuestion, bins: CountedBins, slices: Mapping[str, ValueSql]) -> str:
    seconds = asked.step_hours * 3600
    step = f"cast(floor(date_diff('second', timestamp {_moment(asked.since)}, time) / {seconds}) as integer)"
    fields = [f"{step} as step", f"unnest({recorded_values(bins.column)}) as value"]
    fields += [f"unnest({recorded_name(name)}) as s{place}" for place, name in enumerate(slices)]
    ways = [f"{name_of(f's{place}')} as v{place}" for place, name_of in enumerate(slices.values())]
    parts = [
        f"select {place + 1} as which, bin, step, case when v{place} in (select v{place} from named where bin is not null "  # noqa: S608 - numbers alone
        f"group by v{place} order by count(*) desc, v{place} limit {MOST_SLICES}) then v{place} else {quoted(OTHERS)} end as part, "
        "count(*) from named where bin is not null group by all"
        for place in range(len(slices))
    ]
    whole = "select 0 as which, bin, step, null as part, count(*) from named where bin is not null group by all"
    named = ", ".join([f"{bins.place_of('value')} as bin", *ways])
    return (
        f"with asked as (select {', '.join(fields)} from predictions where {_window(asked)}), "  # noqa: S608 - every name is quoted
        f"named as materialized (select step, {named} from asked) " + " union all ".join([whole, *parts])
    )


def _window(asked: DiagnosisQuestion, step: datetime | None = None) -> str:
    since, until = asked.since, asked.until
    if step is not None:
        since, until = step, min(until, step + timedelta(hours=asked.step_hours))
    return (
        f"status = 200 and purpose in ('live', 'batch') and version = {asked.version} "
        f"and time >= timestamp {_moment(since)} and time < timestamp {_moment(until)}"
    )


def _moment(moment: datetime) -> str:
    return quoted(moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"))
