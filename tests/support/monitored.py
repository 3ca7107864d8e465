"""Windows of a model's records, as they lie in the database once they are counted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.foundation.database.engine import Database
from unshelf.monitor.windows.by_count.storing import store_windows
from unshelf.monitor.windows.by_slice.storing import store_slices
from unshelf.monitor.windows.counting import Counted, together
from unshelf.monitor.windows.messages import CountedWindow, SlicedDay, SliceWindow
from unshelf.monitor.windows.tables import RecordWindowRow, SliceReferenceRow
from unshelf.records.profiles.building import profile_of
from unshelf.records.profiles.kinds import ColumnKind
from unshelf.records.profiles.storing import pack, unpack

KINDS: dict[str, ColumnKind] = {"in:age": "number", "in:region": "category", "out:risk": "number"}
TIMINGS: dict[str, ColumnKind] = {"latency": "number", "queue": "number"}


def asked(count: int, seed: int, *, shift: float = 0.0, region: str | None = None) -> Any:
    """Rows that callers ask about, and what they are answered."""
    random = np.random.default_rng(seed)
    regions = random.choice(["north", "south"], count) if region is None else [region] * count
    return pa.table({
        "in:age": random.normal(40 + shift, 10, count), "in:region": regions, "out:risk": random.normal(0.5, 0.1, count),
    })  # fmt: skip


def store_hour(
    database: Database, model: str, version: int, start: datetime, rows: Any, *, reference: TableProfile | None, counted_at: datetime,
    errors: Mapping[str, int] | None = None, ms: float = 20.0,
) -> None:  # fmt: skip
    """Store records of an hour, one row a request, beside those that it has. `reference`: the profile whose bins they have."""
    answered = rows.num_rows
    timings = pa.table({"latency": np.full(answered, ms), "queue": np.zeros(answered)})
    counted = Counted(
        requests=answered + sum((errors or {}).values()), rows=answered, errors=dict(errors or {}),
        timings=profile_of([timings], TIMINGS), profile=profile_of([rows], KINDS, reference),
    )  # fmt: skip
    with database.transaction() as session:
        for hours, begin in ((1, start), (24, start.replace(hour=0))):
            row = session.get(RecordWindowRow, (model, version, hours, begin))
            total = counted if row is None else together([_counted(row), counted])
            session.merge(
                RecordWindowRow(
                    model=model, version=version, hours=hours, start=begin, requests=total.requests, rows=total.rows,
                    errors=total.errors, latency={"p50": ms, "p95": ms, "p99": ms, "mean": ms, "maximum": ms}, queue=None,
                    columns=[], timings=pack(total.timings), profile=pack(total.profile), counted_at=counted_at,
                )
            )  # fmt: skip


def store_closed(
    database: Database,
    model: str,
    version: int,
    number: int,
    rows: Any,
    *,
    reference: TableProfile | None,
    start: datetime,
) -> None:
    """Store a window of as many predictions as there are rows."""
    timings = pa.table({"latency": np.full(rows.num_rows, 20.0), "queue": np.zeros(rows.num_rows)})
    files = {"t": pack(profile_of([timings], TIMINGS)), "p": pack(profile_of([rows], KINDS, reference))}
    first = int(start.timestamp()) * 1_000_000_000
    window = CountedWindow(
        size=rows.num_rows, number=number, requests=rows.num_rows, rows=rows.num_rows, first_ns=first, last_ns=first + 10**9,
        timings="t", profile="p",
    )  # fmt: skip
    with database.transaction() as session:
        store_windows(session, model, version, [window], files.__getitem__)


def store_slice(
    database: Database,
    model: str,
    slice: str,
    start: datetime,
    rows: Any,
    *,
    reference: TableProfile | None,
    first: bool = False,
) -> None:
    """Store the rows of a slice of version 1 in an hour, the only one of its day; with `first` as its first rows, too."""
    profile = profile_of([rows], KINDS, reference)
    windows = [
        SliceWindow(hours=hours, start=round(begin.timestamp()), rows=rows.num_rows, profile="p")
        for hours, begin in ((1, start), (24, start.replace(hour=0)))
    ]
    day = SlicedDay(slice=slice, windows=windows, rows=rows.num_rows if first else 0, reference="p")
    with database.transaction() as session:
        known = session.get(SliceReferenceRow, (model, 1, slice))
        if known is not None:
            day = msgspec.structs.replace(day, rows=known.rows, began=known.rows)
        store_slices(session, model, 1, [day], lambda _: pack(profile))


def _counted(row: RecordWindowRow) -> Counted:
    return Counted(
        requests=row.requests,
        rows=row.rows,
        errors=dict(row.errors),
        timings=unpack(row.timings),
        profile=unpack(row.profile),
    )
