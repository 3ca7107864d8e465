"""Alerts on the wire."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from unshelf.foundation.clock import now
from unshelf.foundation.web.schemas import AnswerModel, RequestModel, in_utc
from unshelf.monitor.alerts.alert import Action, Alert, Severity
from unshelf.monitor.alerts.answering import LONGEST_SNOOZE
from unshelf.monitor.alerts.life import AlertStatus

_LONGEST_SECONDS = int(LONGEST_SNOOZE.total_seconds())


class SnoozeRequest(RequestModel):
    """The time for which nobody is to hear of an alert: one of the two."""

    seconds: int | None = Field(default=None, ge=60, le=_LONGEST_SECONDS, examples=[3600])
    """How long."""
    until: datetime | None = None
    """The moment at which people hear of it again, if it is open then; without a zone: in UTC."""

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if (self.seconds is None) == (self.until is None):
            raise ValueError("give `seconds` or `until`")
        if self.until is not None:
            self.until = in_utc(self.until.replace(tzinfo=UTC) if self.until.tzinfo is None else self.until)
        return self

    def end(self, moment: datetime) -> datetime:
        """The moment at which the snooze ends, when it begins at `moment`."""
        if self.until is None:
            return moment + timedelta(seconds=self.seconds or 0)
        return self.until


class AssignmentRequest(RequestModel):
    """The user or group to give an alert to."""

    kind: Literal["user", "group"] = "user"
    """Whether it is a user or a group."""
    name: str = Field(max_length=64)
    """The login name of the user, or the name of the group."""


class AssigneeView(AnswerModel):
    """The user or group that an alert was given to."""

    kind: Literal["user", "group"]
    """Whether it is a user or a group."""
    name: str
    """The login name of the user, or the name of the group."""
    by: str
    """The label of who gave it to them."""


class AlertShown(AnswerModel):
    """A detected problem."""

    id: str
    """The id, which sorts by time."""
    kind: str
    """A noun and what is wrong with it, such as `recording_failing`."""
    model: str | None
    """Null: it is a project's, or the installation's."""
    project: str | None
    """The project of an alert without a model; null: it is the installation's, or of a model."""
    severity: Severity
    """critical: predictions or records are being lost, or wrong, now."""
    status: AlertStatus
    """new: nobody has it yet; acknowledged: somebody has; snoozed; ignored: until it changes; resolved: it is over."""
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
    resolved_because: str
    """Why it is over, as far as that is known; else empty."""
    group: str | None
    """The id of its group: alerts of one model that began together, of which people hear at once; null: it has none yet."""
    acknowledged_at: datetime | None
    """When somebody said that they look after it; null: nobody did."""
    acknowledged_by: str | None
    """The label of who did."""
    snoozed_until: datetime | None
    """The moment until which nobody hears of it; null: it is not snoozed."""
    snoozed_by: str | None
    """The label of who snoozed it."""
    assignee: AssigneeView | None
    """The user or group that it was given to; null: who answers for the model has it."""
    ignored_by: str | None
    """The label of who chose to ignore it until it changes; null: nobody."""
    notified_at: datetime | None
    """When people heard of it last; null: they did not yet."""
    escalations: int
    """How often it was escalated because nobody acknowledged it."""

    @classmethod
    def of(cls, alert: Alert) -> Self:
        """The wire shape of an alert."""
        found, life = alert.finding, alert.life
        assignee = life.assignee
        return cls(
            id=alert.id, kind=found.kind, model=found.model, project=found.project, severity=found.severity, summary=found.summary,
            evidence=found.evidence, action=found.action, advice=found.advice, owner=found.owner,
            raised_at=alert.raised_at, seen_at=alert.seen_at, resolved_at=alert.resolved_at,
            resolved_because=alert.resolved_because, status=alert.status(now()), group=life.group,
            acknowledged_at=life.acknowledged_at, acknowledged_by=life.acknowledged_by,
            snoozed_until=life.snoozed_until, snoozed_by=life.snoozed_by, ignored_by=life.ignored_by,
            notified_at=life.told_at, escalations=life.escalations,
            assignee=None if assignee is None else AssigneeView(
                kind=assignee.kind, name=assignee.name, by=life.assigned_by or ""
            ),
        )  # fmt: skip


class Alerts(AnswerModel):
    """The alerts that concern the actor, newest first."""

    alerts: list[AlertShown]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
