"""Counting of records: the profiles and facts of their hours, built in one pass over pieces of a file."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unshelf.contracts.protocols.profiles import NumberProfile, TableProfile
from unshelf.monitor.windows.kinds import TENSOR, recorded_columns, score_values
from unshelf.monitor.windows.window import HOUR_SECONDS, INPUT, TimeQuantiles
from unshelf.records.archive.arrow_schemas import SCORES
from unshelf.records.profiles.building import TableBuilder, merged
from unshelf.records.profiles.quantiles import distribution_of
from unshelf.records.profiles.tensors import TensorBuilder

LATENCY, QUEUE = "latency", "queue"
"""The columns of a profile of timings, in milliseconds."""
_HOUR_NS = HOUR_SECONDS * 1_000_000_000
_ANSWERED = 200
_TIMED: Mapping[str, str] = {LATENCY: "latency_us", QUEUE: "queue_us"}
_QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Records of a window."""

    requests: int
    rows: int
    errors: dict[str, int]
    """Code → requests."""
    timings: TableProfile
    profile: TableProfile
    """The columns of the answered requests."""


class ColumnsBuilder:
    """Profiles the columns of requests and answers. Columns may have different numbers of values: each is profiled for itself."""

    def __init__(
        self, kinds: Mapping[str, str], elements: Mapping[str, int], reference: TableProfile | None = None,
        scores: Mapping[str, int] | None = None,
    ) -> None:  # fmt: skip
        """`kinds`: name → kind; `elements`: of tensors; `reference`: whose bins, values and words are counted; `scores`: the columns of
        scores, and the place of the class of each."""
        self._scores = {name: place for name, place in (scores or {}).items() if name in kinds}
        known = {} if reference is None else reference.columns
        self._tables: dict[str, TableBuilder] = {}
        self._tensors: dict[str, tuple[TensorBuilder, int]] = {}
        for name, kind in kinds.items():
            if kind == TENSOR:
                self._tensors[name] = (TensorBuilder(known.get(name)), elements.get(name, 0))  # type: ignore[arg-type]
            else:
                self._tables[name] = TableBuilder({name: kind}, reference)  # type: ignore[dict-item]
        self.rows = 0
        """Rows of the requests that were taken."""

    def add(self, records: Any) -> None:
        """Take a table of answered requests, each column of which has a list a request.

        Inputs that a request leaves out are gaps in all its rows: they are what people look for when they look for gaps."""
        recorded_as = recorded_columns(records.schema)
        rows: dict[bool, int] = {True: self._add_left_out(records, recorded_as), False: 0}
        for name, recorded in recorded_as.items():
            if name not in self._tables and name not in self._tensors:
                continue
            values = pc.list_flatten(records.column(recorded)).combine_chunks()
            if name in self._tables:
                self._tables[name].add(pa.table({name: values}))
                count = len(values)
            else:
                count = self._add_tensors(name, values)
            is_input = name.startswith(INPUT)
            rows[is_input] = max(rows[is_input], count)
        if SCORES in records.schema.names:
            for name, place in self._scores.items():
                self._tables[name].add(pa.table({name: score_values(records, place)}))
        self.rows += rows[True] or rows[False]

    def profile(self) -> TableProfile:
        """Return the profile of all that was taken."""
        columns = {name: builder.profile().columns[name] for name, builder in self._tables.items()}
        columns |= {name: builder.profile() for name, (builder, _) in self._tensors.items()}
        return TableProfile(rows=self.rows, columns=columns)

    def _add_left_out(self, records: Any, recorded_as: Mapping[str, str]) -> int:
        """Add the gaps of inputs that requests leave out; returns how many rows all requests have, as far as that is seen here."""
        inputs = [name for name in self._tables if name.startswith(INPUT)]
        absent = [
            name for name in inputs
            if name not in recorded_as or records.column(recorded_as[name]).null_count
        ]  # fmt: skip
        if not absent:
            return 0
        lengths = {
            name: pc.fill_null(pc.list_value_length(records.column(recorded_as[name])), -1).to_numpy()
            for name in inputs
            if name in recorded_as
        }
        rows: Any = np.maximum(0, np.max(list(lengths.values()), axis=0)) if lengths else np.zeros(0, np.int64)
        for name in absent:
            left_out = int(rows[lengths[name] < 0].sum() if name in lengths else rows.sum())
            if left_out:
                self._tables[name].add(pa.table({name: pa.nulls(left_out, pa.string())}))
        return int(rows.sum())

    def _add_tensors(self, name: str, values: Any) -> int:
        builder, size = self._tensors[name]
        if not size or not len(values) or len(values) % size or pa.types.is_string(values.type):
            return 0
        numbers = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        builder.add(numbers.reshape(-1, size))
        return len(numbers) // size


class HourCounter:
    """Counts the records of one hour."""

    def __init__(self, columns: ColumnsBuilder) -> None:
        self._columns = columns
        self._timings = TableBuilder(dict.fromkeys(_TIMED, "number"))
        self._requests = 0
        self._errors: Counter[str] = Counter()

    def add(self, records: Any) -> None:
        """Take a table of records, whatever their outcome."""
        self._requests += records.num_rows
        is_answered = pc.equal(records.column("status"), _ANSWERED)
        failed = records.filter(pc.invert(is_answered))
        for status, code in zip(failed.column("status").to_pylist(), failed.column("code").to_pylist(), strict=True):
            self._errors[code or str(status)] += 1
        answered = records.filter(is_answered)
        if not answered.num_rows:
            return
        timed = {name: pc.divide(answered.column(column).cast(pa.float64()), 1000.0) for name, column in _TIMED.items()}
        self._timings.add(pa.table(timed))
        self._columns.add(answered)

    def counted(self) -> Counted:
        """Return all that was taken."""
        return Counted(
            requests=self._requests, rows=self._columns.rows, errors=dict(self._errors), timings=self._timings.profile(),
            profile=self._columns.profile(),
        )  # fmt: skip


def hours_of(records: Any) -> Any:
    """Return the hour of each record, counted from 1970, as an int64 array."""
    return records.column("time").cast(pa.int64()).to_numpy() // _HOUR_NS


def by_hour(records: Any) -> Iterable[tuple[int, Any]]:
    """Yield each hour that a table has records of, and these."""
    hours = hours_of(records)
    different = np.unique(hours)
    for hour in different.tolist():
        yield hour, records if len(different) == 1 else records.filter(pa.array(hours == hour))


def together(parts: Iterable[Counted]) -> Counted:
    """Return the records of all parts; there is at least one."""
    those = list(parts)
    errors: Counter[str] = Counter()
    for part in those:
        errors.update(part.errors)
    return Counted(
        requests=sum(part.requests for part in those), rows=sum(part.rows for part in those), errors=dict(errors),
        timings=joined([part.timings for part in those]), profile=joined([part.profile for part in those]),
    )  # fmt: skip


def joined(profiles: Iterable[TableProfile]) -> TableProfile:
    """Return the profile of all rows, where tables without a row say nothing of columns."""
    filled = [profile for profile in profiles if profile.rows and profile.columns]
    if not filled:
        return TableProfile(rows=0, columns={})
    return filled[0] if len(filled) == 1 else merged(filled)


def latency_of(timings: TableProfile, name: str) -> TimeQuantiles | None:
    """Return the quantiles of one column of timings; None: nothing was answered."""
    profile = timings.columns.get(name)
    if not isinstance(profile, NumberProfile) or not profile.moments.count or profile.maximum is None:
        return None
    p50, p95, p99 = distribution_of(profile.quantiles).quantiles(_QUANTILES)
    return TimeQuantiles(p50=p50, p95=p95, p99=p99, mean=profile.moments.mean, maximum=profile.maximum)
