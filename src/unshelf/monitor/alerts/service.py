"""Service of alerts: watchers raise, refresh and resolve them; each is listed for the actors it concerns.

A full disk is the first thing that alerts tell of, and it may be the database's own. So an alert that can't be written is
kept in memory, is listed all the same, and is written as soon as the disk takes it."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, decode_cursor, encode_cursor
from unshelf.foundation.subjects import Subjects
from unshelf.monitor.alerts.alert import Alert, Finding, State
from unshelf.monitor.alerts.subjects import ALERT, alert_subject
from unshelf.monitor.alerts.tables import AlertRow

_REFRESH = timedelta(minutes=1)
"""An alert that is only seen again, with nothing new, is written no more often than this."""

logger = logging.getLogger(__name__)


class AlertService:
    """All alerts of the installation. For any thread."""

    def __init__(self, database: Database, events: EventStore, subjects: Subjects) -> None:
        self._database = database
        self._events = events
        self._subjects = subjects
        self._lock = threading.Lock()
        self._unwritten: dict[str, Alert] = {}
        self._mark: object = None
        """The database's mark before its open alerts were read."""
        self._stored: list[Alert] = []
        """The open alerts of the database then."""

    def report(self, finding: Finding) -> None:
        """Raise the alert, or refresh the open one of its kind and model."""
        with self._lock:
            seen = now()
            before = self._present().get((finding.kind, finding.model))
            if before is None:
                alert = Alert(id=new_id(), finding=finding, raised_at=seen, seen_at=seen)
                logger.warning("an alert", extra={"kind": finding.kind, "model": finding.model, "say": finding.summary})
            else:
                alert = replace(before, finding=finding, seen_at=seen)
            if before is None or before.finding != finding or seen - before.seen_at >= _REFRESH:
                self._unwritten[alert.id] = alert
            self._write()

    def over(self, kind: str, model: str | None = None) -> None:
        """Resolve the open alert, if there is one."""
        with self._lock:
            alert = self._present().get((kind, model))
            if alert is not None:
                self._unwritten[alert.id] = replace(alert, resolved_at=now())
                logger.info("an alert is over", extra={"kind": kind, "model": model})
            self._write()

    def write(self) -> None:
        """Try again to write what could not be written."""
        with self._lock:
            self._write()

    def prune(self, days: int) -> int:
        """Delete what was resolved more than `days` days ago; how many."""
        are_old = AlertRow.resolved_at < now() - timedelta(days=days)
        with self._lock, self._database.transaction() as session:
            pruned = list(session.scalars(select(AlertRow.id).where(are_old)))
            session.execute(delete(AlertRow).where(are_old))
            self._subjects.removed(session, ALERT, pruned)
        if pruned:
            logger.info("deleted old alerts", extra={"alerts": len(pruned)})
        return len(pruned)

    def open_of(self, kind: str) -> list[Alert]:
        """The open alerts of a kind."""
        with self._lock:
            return [alert for (each, _), alert in self._present().items() if each == kind]

    def count(self) -> tuple[int, int]:
        """How many warnings and how many critical alerts are open."""
        with self._lock:
            present = self._present()
            critical = sum(alert.finding.severity == "critical" for alert in present.values())
            return len(present) - critical, critical

    def list_for(
        self, actor: Actor, *, state: State, model: str | None, limit: int, cursor: str | None = None
    ) -> Page[Alert]:
        """List the alerts that concern the actor, newest first: those of the models that it may see, and those of the
        installation where it may see that."""
        before = None if cursor is None else decode_cursor(cursor, [str])[0]
        query = select(AlertRow).where(_visible(actor)).order_by(AlertRow.id.desc()).limit(limit + 1)
        if model is not None:
            query = query.where(AlertRow.model == model)
        if before is not None:
            query = query.where(AlertRow.id < before)
        if state != "all":
            resolved = AlertRow.resolved_at
            query = query.where(resolved.is_(None) if state == "open" else resolved.is_not(None))
        with self._lock, self._database.read() as session:
            found = {row.id: _alert_of(row) for row in session.scalars(query)}
            oldest, has_more = min(found, default=""), len(found) > limit
            scopes = scopes_among(
                session, {alert.finding.model for alert in self._unwritten.values() if alert.finding.model is not None}
            )
            for alert in self._unwritten.values():
                found.pop(alert.id, None)
                is_wanted = state in ("all", "resolved" if alert.resolved_at else "open")
                is_of_page = (before is None or alert.id < before) and model in (None, alert.finding.model)
                if is_wanted and is_of_page and _may_see(actor, alert, scopes):
                    found[alert.id] = alert
        newest = sorted(found.values(), key=lambda alert: alert.id, reverse=True)
        if len(newest) > limit:
            return Page(newest[:limit], encode_cursor([newest[limit - 1].id]))
        return Page(newest, encode_cursor([oldest]) if has_more else None)

    def _present(self) -> dict[tuple[str, str | None], Alert]:
        """The open alerts: those of the database, which other controls write too, and what is not written yet."""
        mark = self._database.change_mark()
        if mark != self._mark:
            with self._database.read() as session:
                rows = session.scalars(select(AlertRow).where(AlertRow.resolved_at.is_(None)).order_by(AlertRow.id))
                self._stored = list(map(_alert_of, rows))
            self._mark = mark
        found = {alert.key: alert for alert in self._stored}
        for alert in self._unwritten.values():
            if alert.resolved_at is None:
                found[alert.key] = alert
            else:
                found.pop(alert.key, None)
        return found

    def _write(self) -> None:
        """Write what is not written. Never raises: it is tried again with the next report."""
        if not self._unwritten:
            return
        try:
            with self._database.transaction() as session:
                for alert in self._unwritten.values():
                    self._write_one(session, _same_as_open(session, alert))
        except SQLAlchemyError as error:
            logger.error("alerts can't be written, and are kept in memory", extra={"error": str(error)[:200]})
        else:
            self._unwritten.clear()

    def _write_one(self, session: Session, alert: Alert) -> None:
        """Store an alert, and log when it was raised and when it was resolved."""
        stored, found = session.get(AlertRow, alert.id), alert.finding
        subject = alert_subject(session, alert.id, found.model)
        what = {"kind": found.kind, "severity": found.severity, "summary": found.summary}
        if stored is None:
            self._events.record(session, SYSTEM, "alert.raised", subject, after=what | {"action": found.action})
        if alert.resolved_at is not None and (stored is None or stored.resolved_at is None):
            self._events.record(session, SYSTEM, "alert.resolved", subject, after=what)
        session.merge(_row_of(alert))


def _may_see(actor: Actor, alert: Alert, scopes: Mapping[str, Scope]) -> bool:
    model = alert.finding.model
    scope = INSTALLATION if model is None else scopes.get(model) or model_scope(model)
    return actor.may(Permission.ALERTS_READ, scope)


def _visible(actor: Actor) -> ColumnElement[bool]:
    """`_may_see` for the database."""
    may_see = visible(AlertRow.model, actor, Permission.ALERTS_READ)
    return may_see if actor.may(Permission.ALERTS_READ) else and_(AlertRow.model.is_not(None), may_see)


def _same_as_open(session: Session, alert: Alert) -> Alert:
    """The alert, as one with the open alert of the same kind and model that another control has raised meanwhile."""
    if session.get(AlertRow, alert.id) is not None:
        return alert
    model = alert.finding.model
    same = select(AlertRow).where(
        AlertRow.kind == alert.finding.kind,
        AlertRow.model.is_(None) if model is None else AlertRow.model == model,
        AlertRow.resolved_at.is_(None),
    )
    row = session.scalars(same).first()
    return alert if row is None else replace(alert, id=row.id, raised_at=row.raised_at)


def _row_of(alert: Alert) -> AlertRow:
    found = alert.finding
    return AlertRow(
        id=alert.id, kind=found.kind, model=found.model, severity=found.severity, summary=found.summary,
        evidence=found.evidence, action=found.action, advice=found.advice, owner=found.owner,
        raised_at=alert.raised_at, seen_at=alert.seen_at, resolved_at=alert.resolved_at,
    )  # fmt: skip


def _alert_of(row: AlertRow) -> Alert:
    finding = Finding(
        kind=row.kind, model=row.model, severity=row.severity, summary=row.summary,  # type: ignore[arg-type]
        evidence=row.evidence, action=row.action, advice=row.advice, owner=row.owner,  # type: ignore[arg-type]
    )  # fmt: skip
    return Alert(id=row.id, finding=finding, raised_at=row.raised_at, seen_at=row.seen_at, resolved_at=row.resolved_at)
