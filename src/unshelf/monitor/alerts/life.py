"""The life of an alert: what people and the platform did about it between its beginning and its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from unshelf.monitor.support.support import Contact

AlertStatus = Literal["new", "acknowledged", "snoozed", "ignored", "resolved"]
"""new: nobody has it yet; acknowledged: somebody has; snoozed: nobody hears of it until a moment; ignored: until it changes."""
_WORSE = 1.25
"""How many times as far as when it was ignored a problem has to go to count as changed."""


@dataclass(frozen=True, kw_only=True)
class Extent:
    """The extent of a problem, by which a later one is found to be another."""

    severity: str
    summary: str
    columns: tuple[str, ...]
    """The columns of the evidence, sorted; empty where it has none."""
    ratio: float | None
    """How many times its threshold the worst value has; None: the evidence has no values with thresholds."""

    def plain(self) -> dict[str, Any]:
        """The extent as JSON values."""
        return {
            "severity": self.severity, "summary": self.summary, "columns": list(self.columns), "ratio": self.ratio,
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Life:
    """Everything that was done about one alert."""

    group: str | None = None
    """The id of the first alert of its group: alerts of one model that began together; None: it has none yet."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    snoozed_until: datetime | None = None
    snoozed_by: str | None = None
    assignee: Contact | None = None
    assigned_by: str | None = None
    ignored: Extent | None = None
    """The extent at which somebody chose to ignore it; None: nobody did."""
    ignored_by: str | None = None
    told_at: datetime | None = None
    """When people heard of it last; None: they did not yet."""
    unheard: bool = False
    """Whether nobody with an account could hear of it then."""
    escalations: int = 0
    escalated_at: datetime | None = None
    closed_at: datetime | None = None
    """When those who had heard of it heard that it is over."""

    def status(self, moment: datetime, *, is_resolved: bool) -> AlertStatus:
        """The status at a moment."""
        if is_resolved:
            return "resolved"
        if self.ignored is not None:
            return "ignored"
        if self.snoozed_until is not None and self.snoozed_until > moment:
            return "snoozed"
        return "new" if self.acknowledged_at is None else "acknowledged"


NEW = Life()
"""The life of an alert that nothing was done about yet."""


def extent_of(severity: str, summary: str, evidence: Mapping[str, Any]) -> Extent:
    """Return the extent of a finding."""
    columns = columns_of(evidence)
    ratios = [ratio for ratio in map(ratio_of, columns) if ratio is not None]
    names = tuple(sorted({str(each.get("column")) for each in columns}))
    return Extent(severity=severity, summary=summary, columns=names, ratio=max(ratios, default=None))


def has_changed(before: Extent, after: Extent) -> bool:
    """Whether a problem is another one than it was: more severe, in other columns, or a quarter further from its threshold.

    One without columns is another one when its summary is."""
    if (before.severity, after.severity) == ("warning", "critical"):
        return True
    if not after.columns:
        return after.summary != before.summary
    if set(after.columns) - set(before.columns):
        return True
    return after.ratio is not None and after.ratio > _WORSE * (before.ratio or 1.0)


def columns_of(evidence: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the columns that a monitor's evidence names, the worst first; none for other evidence."""
    found = evidence.get("columns")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def ratio_of(column: Mapping[str, Any]) -> float | None:
    """Return how many times its threshold a column's value is; None where it has none."""
    value, threshold = column.get("value"), column.get("threshold")
    found, bound = _number(value), _number(threshold)
    return None if found is None or not bound else abs(found / bound)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
