"""Alerts on the wire."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from unshelf.monitor.alerts.alert import Action, Alert, Severity


class AlertShown(BaseModel):
    """A detected problem."""

    id: str
    kind: str
    model: str | None
    """Null: it is the installation's."""
    severity: Severity
    summary: str
    evidence: dict[str, Any]
    action: Action
    advice: str
    owner: str
    raised_at: datetime
    seen_at: datetime
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


class Alerts(BaseModel):
    """The alerts that concern the caller."""

    alerts: list[AlertShown]
