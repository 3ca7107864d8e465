"""The door to alerts: they are raised, refreshed and resolved by whoever watches something, and listed for those they concern.

A full disk is the first thing that alerts tell of, and it may be the database's own. So an alert that can't be written is
kept in memory, is listed all the same, and is written as soon as the disk takes it."""

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.exc import SQLAlchemyError

from unshelf.foundation.clock import now
from unshelf.foundation.database import Database
from unshelf.foundation.ids import new_id
from unshelf.manage.access import Principal
from unshelf.monitor.alerts.alert import Alert, Finding, State
from unshelf.monitor.alerts.tables import AlertRow

_REFRESH = timedelta(minutes=1)
"""An alert that is only seen again, with nothing new, is written no more often than this."""

logger = logging.getLogger(__name__)


class AlertService:
    """All alerts of the installation. For any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str | None], Alert] = {}
        self._unwritten: dict[str, Alert] = {}

    def load(self) -> None:
        """Know what was open when the last control ended."""
        with self._lock, self._database.read() as session:
            for row in session.scalars(select(AlertRow).where(AlertRow.resolved_at.is_(None)).order_by(AlertRow.id)):
                alert = _alert_of(row)
                self._open[alert.key] = alert

    def report(self, finding: Finding) -> None:
        """This is so now: raises the alert, or refreshes the open one of its kind and model."""
        with self._lock:
            seen = now()
            before = self._open.get((finding.kind, finding.model))
            if before is None:
                alert = Alert(id=new_id(), finding=finding, raised_at=seen, seen_at=seen)
                logger.warning("an alert", extra={"kind": finding.kind, "model": finding.model, "say": finding.summary})
            else:
                alert = replace(before, finding=finding, seen_at=seen)
            self._open[alert.key] = alert
            if before is None or before.finding != finding or seen - before.seen_at >= _REFRESH:
                self._unwritten[alert.id] = alert
            else:
                self._open[alert.key] = before
            self._write()

    def over(self, kind: str, model: str | None = None) -> None:
        """This is so no more: resolves the open alert, if there is one."""
        with self._lock:
            alert = self._open.pop((kind, model), None)
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
        old = delete(AlertRow).where(AlertRow.resolved_at < now() - timedelta(days=days))
        with self._lock, self._database.transaction() as session:
            pruned = cast(CursorResult[Any], session.execute(old)).rowcount
        if pruned:
            logger.info("deleted old alerts", extra={"alerts": pruned})
        return pruned

    def open_of(self, kind: str) -> list[Alert]:
        """The open alerts of a kind."""
        with self._lock:
            return [alert for (each, _), alert in self._open.items() if each == kind]

    def count(self) -> tuple[int, int]:
        """How many warnings and how many critical alerts are open."""
        with self._lock:
            critical = sum(alert.finding.severity == "critical" for alert in self._open.values())
            return len(self._open) - critical, critical

    def list_for(self, principal: Principal, *, state: State, model: str | None, limit: int) -> list[Alert]:
        """The last alerts that concern the caller, newest first: those of the models that the key is good for, and those of
        the installation for a key that is good for all."""
        query = select(AlertRow).order_by(AlertRow.id.desc())
        if model is not None:
            query = query.where(AlertRow.model == model)
        if state != "all":
            resolved = AlertRow.resolved_at
            query = query.where(resolved.is_(None) if state == "open" else resolved.is_not(None))
        if principal.models is None:
            query = query.limit(limit)
        with self._lock, self._database.read() as session:
            found = {row.id: _alert_of(row) for row in session.scalars(query)}
            for alert in self._unwritten.values():
                found.pop(alert.id, None)
                is_wanted = state in ("all", "resolved" if alert.resolved_at else "open")
                if is_wanted and model in (None, alert.finding.model):
                    found[alert.id] = alert
        visible = [alert for alert in found.values() if _may_see(principal, alert)]
        return sorted(visible, key=lambda alert: alert.id, reverse=True)[:limit]

    def _write(self) -> None:
        """Write what is not written. Never raises: it is tried again with the next report."""
        if not self._unwritten:
            return
        try:
            with self._database.transaction() as session:
                for alert in self._unwritten.values():
                    session.merge(_row_of(alert))
        except SQLAlchemyError as error:
            logger.error("alerts can't be written, and are kept in memory", extra={"error": str(error)[:200]})
        else:
            self._unwritten.clear()


def _may_see(principal: Principal, alert: Alert) -> bool:
    model = alert.finding.model
    return principal.models is None if model is None else principal.may("deploy", model)


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
