"""Service of alerts: watchers raise, refresh and resolve them; each is listed for the actors it concerns.

A full disk is the first thing that alerts tell of, and it may be the database's own. So an alert that can't be written is
kept in memory, is listed all the same, and is written as soon as the disk takes it."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.access.filters import visible, visible_places
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, decode_cursor, encode_cursor
from unshelf.foundation.subjects import Subjects
from unshelf.monitor.alerts.alert import Alert, Finding
from unshelf.monitor.alerts.stored import AlertFilter, alert_of, lives_among, row_of, same_as_open
from unshelf.monitor.alerts.subjects import ALERT, alert_subject
from unshelf.monitor.alerts.tables import AlertGroupRow, AlertLifeRow, AlertRow

_REFRESH = timedelta(minutes=1)
"""An alert that is only seen again, with nothing new, is written no more often than this."""

OPEN = AlertFilter()
"""The filter that takes every open alert."""

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
        """Raise the alert, or refresh the open one of its kind and model, or project."""
        with self._lock:
            seen = now()
            before = self._present().get((finding.kind, finding.model, finding.project))
            if before is None:
                alert = Alert(id=new_id(), finding=finding, raised_at=seen, seen_at=seen)
                logger.warning("an alert", extra={"kind": finding.kind, "model": finding.model, "say": finding.summary})
            else:
                alert = replace(before, finding=finding, seen_at=seen)
            if before is None or before.finding != finding or seen - before.seen_at >= _REFRESH:
                self._unwritten[alert.id] = alert
            self._write()

    def over(self, kind: str, model: str | None = None, project: str | None = None, *, because: str = "") -> None:
        """Resolve the open alert, if there is one. `because`: a sentence for people."""
        with self._lock:
            alert = self._present().get((kind, model, project))
            if alert is not None:
                self._unwritten[alert.id] = replace(alert, resolved_at=now(), resolved_because=because)
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
            session.execute(delete(AlertGroupRow).where(AlertGroupRow.began_at < now() - timedelta(days=days)))
            self._subjects.removed(session, ALERT, pruned)
        if pruned:
            logger.info("deleted old alerts", extra={"alerts": len(pruned)})
        return len(pruned)

    def open_of(self, kind: str) -> list[Alert]:
        """The open alerts of a kind."""
        with self._lock:
            return [alert for (each, *_), alert in self._present().items() if each == kind]

    def count(self) -> tuple[int, int]:
        """How many warnings and how many critical alerts are open."""
        with self._lock:
            present = self._present()
            critical = sum(alert.finding.severity == "critical" for alert in present.values())
            return len(present) - critical, critical

    def list_for(
        self, actor: Actor, wanted: AlertFilter = OPEN, *, limit: int, cursor: str | None = None
    ) -> Page[Alert]:
        """List the alerts that concern the actor, newest first: those of the models and projects that it may see, and those of the
        installation where it may see that."""
        before, moment = None if cursor is None else decode_cursor(cursor, [str])[0], now()
        query = select(AlertRow).where(_visible(actor), *wanted.conditions(moment))
        query = query.order_by(AlertRow.id.desc()).limit(limit + 1)
        if before is not None:
            query = query.where(AlertRow.id < before)
        with self._lock, self._database.read() as session:
            rows = list(session.scalars(query))
            lives = lives_among(session, [row.id for row in rows])
            found = {row.id: alert_of(row, lives.get(row.id)) for row in rows}
            oldest, has_more = min(found, default=""), len(found) > limit
            scopes = scopes_among(
                session, {alert.finding.model for alert in self._unwritten.values() if alert.finding.model is not None}
            )
            projects = {name: scope.project for name, scope in scopes.items()}
            for alert in self._unwritten.values():
                known = found.pop(alert.id, None)
                fresh = alert if known is None else replace(alert, life=known.life)
                is_of_page = before is None or alert.id < before
                if is_of_page and wanted.takes(fresh, projects, moment) and _may_see(actor, fresh, scopes):
                    found[alert.id] = fresh
        newest = sorted(found.values(), key=lambda alert: alert.id, reverse=True)
        if len(newest) > limit:
            return Page(newest[:limit], encode_cursor([newest[limit - 1].id]))
        return Page(newest, encode_cursor([oldest]) if has_more else None)

    def find(self, actor: Actor, id: str) -> Alert:
        """Return an alert that the actor may see, with its life. Raises NotFound."""
        with self._lock, self._database.read() as session:
            row, alert = session.get(AlertRow, id), self._unwritten.get(id)
            if row is not None:
                stored = alert_of(row, session.get(AlertLifeRow, id))
                alert = stored if alert is None else replace(alert, life=stored.life)
            model = None if alert is None else alert.finding.model
            scopes = {} if model is None else scopes_among(session, [model])
        if alert is None or not _may_see(actor, alert, scopes):
            raise NotFound(
                f"There is no alert {id[:80]!a}, or you may not see it.", hint="`unshelf alerts list` shows their ids."
            )
        return alert

    def _present(self) -> dict[tuple[str, str | None, str | None], Alert]:
        """The open alerts: those of the database, which other controls write too, and what is not written yet."""
        mark = self._database.change_mark()
        if mark != self._mark:
            with self._database.read() as session:
                rows = session.scalars(select(AlertRow).where(AlertRow.resolved_at.is_(None)).order_by(AlertRow.id))
                self._stored = [alert_of(row) for row in rows]
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
                    self._write_one(session, same_as_open(session, alert))
        except SQLAlchemyError as error:
            logger.error("alerts can't be written, and are kept in memory", extra={"error": str(error)[:200]})
        else:
            self._unwritten.clear()

    def _write_one(self, session: Session, alert: Alert) -> None:
        """Store an alert, and log when it was raised and when it was resolved."""
        stored, found = session.get(AlertRow, alert.id), alert.finding
        subject = alert_subject(session, alert.id, found.model, found.project)
        what = {"kind": found.kind, "severity": found.severity, "summary": found.summary}
        if stored is None:
            self._events.record(session, SYSTEM, "alert.raised", subject, after=what | {"action": found.action})
        if alert.resolved_at is not None and (stored is None or stored.resolved_at is None):
            self._events.record(session, SYSTEM, "alert.resolved", subject, after=what, reason=alert.resolved_because)
        session.merge(row_of(alert))


def _may_see(actor: Actor, alert: Alert, scopes: Mapping[str, Scope]) -> bool:
    model, project = alert.finding.model, alert.finding.project
    place = INSTALLATION if project is None else project_scope(project)
    scope = place if model is None else scopes.get(model) or model_scope(model)
    return actor.may(Permission.ALERTS_READ, scope)


def _visible(actor: Actor) -> ColumnElement[bool]:
    """`_may_see` for the database."""
    if actor.may(Permission.ALERTS_READ):
        return visible(AlertRow.model, actor, Permission.ALERTS_READ)
    return visible_places(AlertRow.model, AlertRow.project, actor, Permission.ALERTS_READ, Permission.ALERTS_READ)
