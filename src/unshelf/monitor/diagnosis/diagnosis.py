"""Diagnoses as values."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from unshelf.monitor.dashboards.dashboard import Side

Subject = Literal["drift", "quality"]
"""The problem that is looked into."""
ChangeKind = Literal["release", "deploy", "setting", "data", "alert"]


@dataclass(frozen=True, kw_only=True)
class DiagnosisQuestion:
    """The version, time and reference that a diagnosis is about."""

    model: str
    version: int
    since: datetime
    until: datetime
    """Whole hours (UTC)."""
    against: str
    """`reference` (of the version), `previous` (as long a time before), or `version:N`."""
    before_since: datetime
    """Where the time before begins, of `previous` and of quality; it ends where this one begins."""

    @property
    def step_hours(self) -> int:
        """The hours of a step: as many steps as a chart shows well."""
        hours = (self.until - self.since).total_seconds() / 3600
        return next((size for size in _STEPS if hours / size <= MOST_STEPS), _STEPS[-1])


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something that was changed, and that may explain a problem."""

    time: datetime
    kind: ChangeKind
    action: str
    say: str
    by: str


@dataclass(frozen=True, kw_only=True)
class RankedColumn:
    """A column, and its part in the drift of all."""

    column: str
    """As profiles have it: `in:NAME` or `out:NAME`."""
    name: str
    side: Side
    divergence: float
    """Jensen-Shannon, in bits, less the part that chance has with as few rows: the square of the distance that monitors judge."""
    distance: float
    share: float
    """The share of the sum of all divergences, 0 to 1."""
    drifted: bool
    say: str
    """How it has changed, in a few words."""
    distances: tuple[tuple[datetime, float | None], ...] = ()
    """The distance from the version's reference by step, as far as it is counted."""


@dataclass(frozen=True, kw_only=True)
class DriftDiagnosis:
    """Columns by their part in a drift, and what changed."""

    asked: DiagnosisQuestion
    against: str
    """The reference, in a few words."""
    rows: int
    words: tuple[str, ...]
    columns: tuple[RankedColumn, ...]
    slices: tuple[str, ...]
    """Inputs by whose values rows can be separated."""
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BinPart:
    """A bin of a column, and its part in the column's drift."""

    label: str
    before: float
    """The share of the reference's rows."""
    now: float
    """The share of the window's rows."""
    rows: int
    divergence: float
    share: float


@dataclass(frozen=True, kw_only=True)
class SlicePart:
    """The rows with one value of an input, and their part in a drift."""

    value: str
    rows: int
    share_of_rows: float
    part: float
    """In bits; negative: they hold against the drift."""
    share: float
    """The same as a share of the whole."""
    steps: tuple[float, ...] = ()
    """The same by step, as shares of the whole."""


@dataclass(frozen=True, kw_only=True)
class SliceColumn:
    """An input by whose values rows are separated."""

    name: str
    unevenness: float
    """How unevenly the problem is spread over its values: 0, as the rows are; 1, all of it in hardly any rows."""
    parts: tuple[Any, ...]
    """SlicePart or LossSlice, those that contribute the most first."""


@dataclass(frozen=True, kw_only=True)
class StepPart:
    """A step of time, and its part in a problem."""

    start: datetime
    rows: int
    part: float
    share: float


@dataclass(frozen=True, kw_only=True)
class ColumnDiagnosis:
    """One column: its bins before and now, and where its drift comes from."""

    asked: DiagnosisQuestion
    column: str
    against: str
    say: str
    rows: int
    """Rows that were looked at one by one; 0: only the profile was."""
    divergence: float
    words: tuple[str, ...]
    bins: tuple[BinPart, ...]
    steps: tuple[StepPart, ...]
    slices: tuple[SliceColumn, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DiagnosedRows:
    """Rows behind a bar."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool
    sql: str
    """The query that gives them, to go on from."""


@dataclass(frozen=True, kw_only=True)
class LossSlice:
    """A slice, and its part in a change of quality."""

    value: str
    rows_before: int
    rows: int
    before: float | None
    """The mean loss before; None: there were no labelled rows."""
    now: float | None
    worse: float
    mix: float
    share: float
    """The share of the whole change that comes from it; negative: it went the other way."""
    share_of_rows: float
    steps: tuple[float | None, ...] = ()
    """The mean loss by step."""


@dataclass(frozen=True, kw_only=True)
class LossMistake:
    """A truth, an answer, and how much more often they occur together."""

    truth: str
    answer: str
    before: float
    """The share of all labelled rows."""
    now: float
    rows: int
    share: float
    """The share of the whole change."""


@dataclass(frozen=True, kw_only=True)
class QualityDiagnosis:
    """Slices and times by their part in a change of quality, and what changed."""

    asked: DiagnosisQuestion
    measure: Literal["wrong_answers", "mae", ""]
    """The loss: the share of wrong answers, or the mean absolute error; empty: nothing has a label."""
    before: float | None
    now: float | None
    labelled_before: int
    labelled: int
    is_worse: bool
    """Whether it is worse by more than chance: the intervals of both do not touch."""
    words: tuple[str, ...]
    steps: tuple[StepPart, ...]
    slices: tuple[SliceColumn, ...]
    mistakes: tuple[LossMistake, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = field(default=())


MOST_STEPS = 36
_STEPS = (1, 2, 3, 6, 12, 24, 48, 168, 672)
