"""Alerts as values: a finding, and the alert that it raises."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from unshelf.monitor.alerts.life import NEW, AlertStatus, Life

Severity = Literal["warning", "critical"]
"""critical: predictions or records are being lost, or wrong, now."""
Action = Literal["update", "pause", "replace", "ignore", "repair"]
"""Recommended action: update, pause or replace the model, repair the machine, or only take note."""
State = Literal["open", "active", "resolved", "all"]
"""active: open, and neither snoozed nor ignored."""
OPERATOR = "operator"
"""The owner of a problem that is no model's."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A problem as it is found. One of a kind and a model, or a project, is one alert, from when it is found until it is over."""

    kind: str
    """A noun and what is wrong with it (`recording_failing`): stable, and explained in docs/concepts/alerts.md."""
    model: str | None = None
    """None: it is a project's, or the installation's."""
    project: str | None = None
    """The project of a problem that is no model's; None: the installation's, or that of the model."""
    severity: Severity
    summary: str
    """A sentence: what is wrong."""
    evidence: dict[str, Any]
    """Plain JSON values: what it was seen by."""
    action: Action
    advice: str
    """A sentence or two: what to do."""
    owner: str = OPERATOR


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A finding with its times."""

    id: str
    finding: Finding
    raised_at: datetime
    seen_at: datetime
    """When it was last seen to be so."""
    resolved_at: datetime | None = None
    """None: it is open."""
    resolved_because: str = ""
    """Why it is over, as far as the watcher says so."""
    life: Life = NEW

    def status(self, moment: datetime) -> AlertStatus:
        """The status at a moment."""
        return self.life.status(moment, is_resolved=self.resolved_at is not None)

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """The key that only one open alert has."""
        return self.finding.kind, self.finding.model, self.finding.project
