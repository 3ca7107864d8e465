"""Results of monitors: kept by window, so that there are charts over time, and forgotten with age."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Select, and_, delete, func, select
from sqlalchemy.orm import Session

from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.monitor.monitors.judging.verdict import MeasuredColumn, MonitorResult, Status, Verdict
from unshelf.monitor.monitors.monitor import Span
from unshelf.monitor.monitors.tables import MonitorResultRow

KEPT_DAYS = 400
"""Older results are deleted."""
_ALL = 0


class ResultStore:
    """Keeps what monitors found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, results: Iterable[MonitorResult]) -> None:
        """Store results, in place of those of the same monitor, version and window."""
        kept = [_row_of(each) for each in results]
        if kept:
            with self._database.transaction() as session:
                for row in kept:
                    session.merge(row)

    def at(self, session: Session, model: str, monitor: str, version: int | None, window: Span) -> MonitorResult | None:
        """Return the result of a window; None: there is none."""
        row = session.get(MonitorResultRow, (model, monitor, version or _ALL, window.since))
        return None if row is None or row.until != window.until else _result_of(row)

    def recent(
        self, session: Session, model: str, monitor: str, version: int | None, *, most: int
    ) -> list[MonitorResult]:
        """Return the latest results of a monitor on a version, the newest first."""
        query = _of(model, monitor).where(MonitorResultRow.version == (version or _ALL))
        rows = session.scalars(query.order_by(MonitorResultRow.since.desc()).limit(most))
        return [_result_of(row) for row in rows]

    def unfinished(self, session: Session, ended: datetime) -> list[MonitorResult]:
        """Return the results of windows that ended before a moment, and were judged before they had."""
        query = select(MonitorResultRow).where(MonitorResultRow.complete.is_(False), MonitorResultRow.until <= ended)
        return [_result_of(row) for row in session.scalars(query.order_by(MonitorResultRow.until))]

    def next_end(self, session: Session) -> datetime | None:
        """Return when the first window ends that is not over; None: there is none."""
        return session.scalar(select(func.min(MonitorResultRow.until)).where(MonitorResultRow.complete.is_(False)))

    def latest(
        self, session: Session, models: Collection[str], counts: Callable[[str, str, int | None], bool]
    ) -> dict[tuple[str, str], MonitorResult]:
        """Return the newest result of each monitor of some models; of several versions in one window, the worst.

        `counts(model, monitor, version)` tells whether a version counts: an alarm about one that nobody gets any more is none."""
        newest = (
            select(
                MonitorResultRow.model, MonitorResultRow.monitor, MonitorResultRow.version,
                func.max(MonitorResultRow.since).label("since"),
            )
            .where(MonitorResultRow.model.in_(models))
            .group_by(MonitorResultRow.model, MonitorResultRow.monitor, MonitorResultRow.version)
            .subquery()
        )  # fmt: skip
        query = select(MonitorResultRow).join(
            newest,
            and_(
                newest.c.model == MonitorResultRow.model, newest.c.monitor == MonitorResultRow.monitor,
                newest.c.version == MonitorResultRow.version, newest.c.since == MonitorResultRow.since,
            ),
        )  # fmt: skip
        found: dict[tuple[str, str], MonitorResult] = {}
        for row in session.scalars(query.order_by(MonitorResultRow.version)):
            key, result = (row.model, row.monitor), _result_of(row)
            if not counts(row.model, row.monitor, result.version):
                continue
            if key not in found or _rank(result) > _rank(found[key]):
                found[key] = result
        return found

    def page(
        self, session: Session, model: str, monitor: str, *, version: int | None, since: datetime | None, until: datetime | None,
        limit: int, cursor: str | None,
    ) -> Page[MonitorResult]:  # fmt: skip
        """Return results of a monitor whose windows begin in a range of time, the newest first."""
        query = _of(model, monitor)
        if version is not None:
            query = query.where(MonitorResultRow.version == version)
        if since is not None:
            query = query.where(MonitorResultRow.since >= since)
        if until is not None:
            query = query.where(MonitorResultRow.since < until)
        keys = [SortKey(MonitorResultRow.since, descending=True), SortKey(MonitorResultRow.version)]
        page = read_page(session, query, keys, limit=limit, cursor=cursor)
        return Page(page.map(_result_of), page.next_cursor)

    def forget(self, session: Session, model: str, *, monitor: str | None = None, version: int | None = None) -> None:
        """Forget the results of a model, of one of its monitors, or of one of its versions."""
        gone = delete(MonitorResultRow).where(MonitorResultRow.model == model)
        if monitor is not None:
            gone = gone.where(MonitorResultRow.monitor == monitor)
        if version is not None:
            gone = gone.where(MonitorResultRow.version == version)
        session.execute(gone)

    def prune(self, days: int = KEPT_DAYS) -> int:
        """Delete the results of windows that ended more than `days` days ago; how many."""
        old = MonitorResultRow.until < now() - timedelta(days=days)
        with self._database.read() as session:
            count = session.scalar(select(func.count()).select_from(MonitorResultRow).where(old)) or 0
        if count:
            with self._database.transaction() as session:
                session.execute(delete(MonitorResultRow).where(old))
        return count


def _of(model: str, monitor: str) -> Select[MonitorResultRow]:
    return select(MonitorResultRow).where(MonitorResultRow.model == model, MonitorResultRow.monitor == monitor)


def _rank(result: MonitorResult) -> tuple[datetime, int]:
    return result.since, {"alarm": 2, "ok": 1, "not_judged": 0}[result.verdict.status]


def _row_of(result: MonitorResult) -> MonitorResultRow:
    verdict = result.verdict
    return MonitorResultRow(
        model=result.model, monitor=result.monitor, version=result.version or _ALL, since=result.since, until=result.until,
        complete=result.complete, status=verdict.status, rows=verdict.rows, value=verdict.value, threshold=verdict.threshold,
        reference=verdict.reference, reason=verdict.reason, columns=[each.plain() for each in verdict.columns],
        looks=result.looks, judged_at=result.judged_at,
    )  # fmt: skip


def _result_of(row: MonitorResultRow) -> MonitorResult:
    verdict = Verdict(
        status=cast(Status, row.status), rows=row.rows, value=row.value, threshold=row.threshold, reference=row.reference,
        reason=row.reason, columns=tuple(MeasuredColumn(**each) for each in row.columns),
    )  # fmt: skip
    return MonitorResult(
        model=row.model, monitor=row.monitor, version=row.version or None, since=row.since, until=row.until,
        complete=row.complete, verdict=verdict, looks=row.looks, judged_at=row.judged_at,
    )  # fmt: skip
