"""The dashboard of a model as a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from unshelf.monitor.columns.column_roles import MissingRole
from unshelf.monitor.drift.comparison import ColumnDrift
from unshelf.monitor.windows.window import ColumnSummary, ReferenceKind, WindowFacts

DashboardState = Literal["ok", "attention", "failing", "unknown"]
Side = Literal["input", "output"]


@dataclass(frozen=True, kw_only=True)
class TrafficStep:
    """Traffic of an hour or a day."""

    start: datetime
    facts: WindowFacts


@dataclass(frozen=True, kw_only=True)
class ColumnStep:
    """A column within an hour or a day."""

    start: datetime
    summary: ColumnSummary


@dataclass(frozen=True, kw_only=True)
class ColumnState:
    """A column in the whole range: how it is now, how far from its reference, and how both went."""

    column: str
    """As profiles have it: `in:NAME` or `out:NAME`."""
    side: Side
    name: str
    """As in the signature."""
    now: ColumnSummary
    before: ColumnSummary | None
    """The reference; None: it has no such column."""
    reference: ReferenceKind | None
    drift: ColumnDrift | None
    """None: there is nothing to compare with."""
    steps: tuple[ColumnStep, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that changed at the model."""

    time: datetime
    action: str
    say: str
    """A short text for people."""
    by: str


@dataclass(frozen=True, kw_only=True)
class ReferenceState:
    """The reference of a dashboard's columns."""

    kind: ReferenceKind | None
    """None: there is no baseline, and too few requests yet."""
    rows: int
    made_at: datetime | None
    first_requests: int
    """How many of the first requests there are."""
    first_wanted: int


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """Traffic and columns of a model in a range of time."""

    name: str
    version: int | None
    """The version whose traffic this is; None: all versions together."""
    shown_version: int | None
    """The version whose columns are shown; None: there is none."""
    since: datetime
    until: datetime
    step_hours: int
    """1 or 24."""
    window: int | None
    """The predictions of a step, which is then of the version whose columns are shown; None: steps are of time."""
    window_sizes: tuple[int, ...]
    """Sizes of windows of predictions that are kept of the range and that version."""
    state: DashboardState
    words: tuple[str, ...]
    """A summary in sentences."""
    facts: WindowFacts
    requests_before: int | None
    """Requests in the range of the same length before; None: records do not reach back to its beginning."""
    versions: Mapping[int, int]
    """Version → requests; 0: those that failed before a version was chosen."""
    steps: tuple[TrafficStep, ...]
    columns: tuple[ColumnState, ...]
    """Columns, the farthest from the reference first; empty also where the actor may not read the model's records."""
    reads_records: bool
    reference: ReferenceState
    moments: tuple[Moment, ...]
    missing: tuple[MissingRole, ...]
    latest: datetime | None
    """The start of the last hour that has records; None: there is none at all."""


@dataclass(frozen=True, kw_only=True)
class ColumnBins:
    """A column of a range beside its reference, in the same bins."""

    column: str
    labels: list[str]
    reference: list[float]
    """The share of the reference's rows in each bin."""
    window: list[float]
    now: ColumnSummary | None
    """None: there are no records of the column."""
    before: ColumnSummary | None
    drift: ColumnDrift | None
