"""Verdicts: what a monitor finds in one window."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Status = Literal["ok", "alarm", "not_judged"]
ESTIMATED = "estimated_"
"""How the names of measures begin that are estimates."""
LEAST_ROWS = 30
"""A window with fewer rows is not judged: it tells too little."""
MOST_COLUMNS = 200
"""The columns that are kept of a window, the worst first."""


@dataclass(frozen=True, kw_only=True)
class MeasuredColumn:
    """One measure of a column, or of the whole window."""

    column: str
    measure: str
    """Such as jensen_shannon, gaps or failed."""
    value: float
    threshold: float
    bad: bool
    say: str = ""
    """A few words on what has changed; empty: nothing of note."""

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "column": self.column, "measure": self.measure, "value": round(self.value, 6), "threshold": self.threshold,
            "bad": self.bad, "say": self.say,
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The finding of a monitor on a window."""

    status: Status
    rows: int
    """Rows that were looked at; of volume, errors and latency: requests."""
    threshold: float
    value: float | None = None
    """The worst value, which a chart shows beside the threshold; None: it was not judged."""
    columns: tuple[MeasuredColumn, ...] = ()
    """The worst first."""
    reason: str = ""
    """Why it was not judged."""
    reference: str = ""
    """The reference, in a few words; empty: there is none."""

    @property
    def is_estimate(self) -> bool:
        """Whether it is of an estimate, which labels confirm or not."""
        return bool(self.columns) and self.columns[0].measure.startswith(ESTIMATED)


@dataclass(frozen=True, kw_only=True)
class MonitorResult:
    """A verdict as it is kept, with its monitor and window."""

    model: str
    monitor: str
    version: int | None
    """None: all versions together."""
    since: datetime
    until: datetime
    complete: bool
    """Whether the window is over; else it is judged again as it fills."""
    verdict: Verdict
    looks: int
    """How often its rows were judged."""
    judged_at: datetime


def not_judged(reason: str, *, rows: int, threshold: float, reference: str = "") -> Verdict:
    """Return the verdict on a window that tells too little, or can't be compared."""
    return Verdict(status="not_judged", rows=rows, threshold=threshold, reason=reason, reference=reference)


def verdict_of(measured: Iterable[MeasuredColumn], *, rows: int, threshold: float, reference: str = "") -> Verdict:
    """Return the verdict that measures lead to: an alarm where one of them is bad."""
    ranked: Sequence[MeasuredColumn] = sorted(measured, key=lambda each: (not each.bad, -_excess(each), each.column))
    return Verdict(
        status="alarm" if any(each.bad for each in ranked) else "ok", rows=rows, threshold=threshold,
        value=ranked[0].value if ranked else 0.0, columns=tuple(ranked[:MOST_COLUMNS]), reference=reference,
    )  # fmt: skip


def _excess(each: MeasuredColumn) -> float:
    return each.value / each.threshold if each.threshold else each.value
