"""Alerts on the wire."""

from datetime import datetime
from typing import Any, Self

from unshelf.foundation.web.schemas import AnswerModel
from unshelf.monitor.alerts.alert import Action, Alert, Severity


class AlertShown(AnswerModel):
    """A detected problem."""

    id: str
    """The id, which sorts by time."""
    kind: str
    """A noun and what is wrong with it, such as `recording_failing`."""
    model: str | None
    """Null: it is the installation's."""
    severity: Severity
    """critical: predictions or records are being lost, or wrong, now."""
    summary: str
    """A sentence: what is wrong."""
    evidence: dict[str, Any]
    """The values by which it was seen."""
    action: Action
    """The recommended action."""
    advice: str
    """A sentence or two: what to do."""
    owner: str
    """The person or role that is responsible."""
    raised_at: datetime
    """When it was first seen."""
    seen_at: datetime
    """When it was last seen."""
    resolved_at: datetime | None
    """Null: it is open."""

    @classmethod
    def of(cls, alert: Alert) -> Self:
        """The wire shape of an alert."""
        found = alert.finding
        return cls(
            id=alert.id, kind=found.kind, model=found.model, severity=found.severity, summary=found.summary,
            evidence=found.evidence, action=found.action, advice=found.advice, owner=found.owner,
            raised_at=alert.raised_at, seen_at=alert.seen_at, resolved_at=alert.resolved_at,
        )  # fmt: skip


class Alerts(AnswerModel):
    """The alerts that concern the actor, newest first."""

    alerts: list[AlertShown]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
