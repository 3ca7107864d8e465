"""Alerts as rows, and as values of these; which of them somebody asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from unshelf.foundation.access.model_scopes import models_in
from unshelf.manage.access.service import HolderKind
from unshelf.monitor.alerts.alert import Alert, Finding, Severity, State
from unshelf.monitor.alerts.life import Extent, Life
from unshelf.monitor.alerts.tables import AlertLifeRow, AlertRow
from unshelf.monitor.support.support import Contact


@dataclass(frozen=True, kw_only=True)
class Mine:
    """The alerts of one person: those that they own, were assigned, or answer for the model of."""

    label: str
    holders: tuple[str, ...]
    """The ids of the person and of their groups."""
    models: tuple[str, ...]
    """The models that they, or a group of theirs, are set as the owner of."""


@dataclass(frozen=True, kw_only=True)
class AlertFilter:
    """Which alerts are wanted; None: all."""

    state: State = "open"
    model: str | None = None
    project: str | None = None
    kind: str | None = None
    severity: Severity | None = None
    mine: Mine | None = None

    def conditions(self, moment: datetime) -> list[ColumnElement[bool]]:
        """The filter for the database."""
        found: list[ColumnElement[bool]] = []
        if self.state != "all":
            resolved = AlertRow.resolved_at
            found.append(resolved.is_not(None) if self.state == "resolved" else resolved.is_(None))
        if self.state == "active":
            found.append(~_has_life(or_(AlertLifeRow.snoozed_until > moment, AlertLifeRow.ignored.is_not(None))))
        if self.model is not None:
            found.append(AlertRow.model == self.model)
        if self.project is not None:
            found.append(or_(AlertRow.model.in_(models_in(self.project)), AlertRow.project == self.project))
        if self.kind is not None:
            found.append(AlertRow.kind == self.kind)
        if self.severity is not None:
            found.append(AlertRow.severity == self.severity)
        if self.mine is not None:
            mine = self.mine
            found.append(
                or_(
                    AlertRow.owner == mine.label,
                    AlertRow.model.in_(mine.models),
                    _has_life(AlertLifeRow.assignee.in_(mine.holders)),
                )
            )
        return found

    def takes(self, alert: Alert, projects: Mapping[str, str], moment: datetime) -> bool:
        """The filter for an alert that no database has yet; `projects`: the project of each model."""
        found, mine = alert.finding, self.mine
        is_open, status = alert.resolved_at is None, alert.status(moment)
        is_wanted = {
            "all": True, "open": is_open, "resolved": not is_open, "active": status in ("new", "acknowledged"),
        }  # fmt: skip
        return (
            is_wanted[self.state]
            and self.model in (None, found.model)
            and (self.project is None or self.project in (found.project, projects.get(found.model or "")))
            and self.kind in (None, found.kind)
            and self.severity in (None, found.severity)
            and (mine is None or found.owner == mine.label or found.model in mine.models)
        )


def row_of(alert: Alert) -> AlertRow:
    """The row of an alert, without its life."""
    found = alert.finding
    return AlertRow(
        id=alert.id, kind=found.kind, model=found.model, project=found.project, severity=found.severity, summary=found.summary,
        evidence=found.evidence, action=found.action, advice=found.advice, owner=found.owner,
        raised_at=alert.raised_at, seen_at=alert.seen_at, resolved_at=alert.resolved_at,
        resolved_because=alert.resolved_because,
    )  # fmt: skip


def alert_of(row: AlertRow, life: AlertLifeRow | None = None) -> Alert:
    """The alert of a row, with its life."""
    finding = Finding(
        kind=row.kind, model=row.model, project=row.project, severity=row.severity, summary=row.summary,  # type: ignore[arg-type]
        evidence=row.evidence, action=row.action, advice=row.advice, owner=row.owner,  # type: ignore[arg-type]
    )  # fmt: skip
    return Alert(
        id=row.id, finding=finding, raised_at=row.raised_at, seen_at=row.seen_at, resolved_at=row.resolved_at,
        resolved_because=row.resolved_because, life=Life() if life is None else life_of(life),
    )  # fmt: skip


def life_of(row: AlertLifeRow) -> Life:
    """The life of a row."""
    assignee = None
    if row.assignee is not None and row.assignee_kind is not None:
        kind = cast(HolderKind, row.assignee_kind)
        assignee = Contact(kind=kind, id=row.assignee, name=row.assignee_name or row.assignee)
    return Life(
        group=row.group, acknowledged_at=row.acknowledged_at, acknowledged_by=row.acknowledged_by,
        snoozed_until=row.snoozed_until, snoozed_by=row.snoozed_by, assignee=assignee, assigned_by=row.assigned_by,
        ignored=None if row.ignored is None else _extent_of(row.ignored), ignored_by=row.ignored_by,
        told_at=row.told_at, unheard=row.unheard, escalations=row.escalations, escalated_at=row.escalated_at, closed_at=row.closed_at,
    )  # fmt: skip


def lives_among(session: Session, ids: Sequence[str]) -> dict[str, AlertLifeRow]:
    """Return alert → its life, for those of these alerts that have one."""
    rows = session.scalars(select(AlertLifeRow).where(AlertLifeRow.alert.in_(list(ids))))
    return {row.alert: row for row in rows}


def life_row(session: Session, id: str) -> AlertLifeRow:
    """Return the life of a stored alert for a change of it; it begins here where there is none."""
    row = session.get(AlertLifeRow, id)
    if row is None:
        row = AlertLifeRow(alert=id, escalations=0)
        session.add(row)
    return row


def same_as_open(session: Session, alert: Alert) -> Alert:
    """The alert, as one with the open alert of the same kind and model that another control has raised meanwhile."""
    if session.get(AlertRow, alert.id) is not None:
        return alert
    model, project = alert.finding.model, alert.finding.project
    same = select(AlertRow).where(
        AlertRow.kind == alert.finding.kind,
        AlertRow.model.is_(None) if model is None else AlertRow.model == model,
        AlertRow.project.is_(None) if project is None else AlertRow.project == project,
        AlertRow.resolved_at.is_(None),
    )
    row = session.scalars(same).first()
    return alert if row is None else replace(alert, id=row.id, raised_at=row.raised_at)


def _has_life(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(AlertLifeRow.alert).where(and_(AlertLifeRow.alert == AlertRow.id, condition)))


def _extent_of(plain: Mapping[str, Any]) -> Extent:
    return Extent(
        severity=plain["severity"], summary=plain["summary"], columns=tuple(plain["columns"]), ratio=plain["ratio"]
    )
