"""The fleet: all models, sorted by what needs attention, each with the reason in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session, undefer

from unshelf.contracts.permissions import Permission
from unshelf.contracts.routing import Share
from unshelf.deploy.registry.tables import ModelRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.access.model_scopes import models_in, scopes_among
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.monitor.alerts.tables import AlertRow
from unshelf.monitor.dashboards.dashboard import DashboardState
from unshelf.monitor.dashboards.words import listed, share
from unshelf.monitor.windows.tables import RecordWindowRow
from unshelf.monitor.windows.window import is_refusal

MOST_MODELS = 2000
"""The most models of a fleet that is shown; those by name that come first."""
_RECENT = timedelta(hours=24)
_USUAL = timedelta(days=7)
_FAILED = 0.01
_SILENT_FROM = 24
"""Requests in the week before, from which on a day without any is silence rather than rest."""
_JUDGED_ROWS = 100
"""Rows of a day, below which the day before it is looked at."""
_SEVERE = {"critical": 3, "warning": 1}


@dataclass(frozen=True, kw_only=True)
class FleetModel:
    """A model among the others."""

    name: str
    project: str
    paused: bool
    release: list[Share]
    """Empty: nothing is live."""
    state: DashboardState
    reasons: tuple[str, ...]
    """Why it needs attention, the gravest first; empty: it does not."""
    urgency: float
    """By which models are sorted, the greatest first."""
    requests: int
    """Requests of the last 24 counted hours."""
    requests_week: int
    """Requests of the seven days before these."""
    failed: int
    """The part that failed through no fault of the caller's."""
    p99: float | None
    """Milliseconds, of the slowest version, in the last counted hour with requests; None: nothing was answered."""
    drifted: tuple[str, ...]
    """Inputs and outputs that were far from the reference on the last day with enough rows."""
    alerts: int
    """Open ones."""
    last_request: datetime | None
    """The hour of it; None: there never was one."""


@dataclass(frozen=True, kw_only=True)
class FleetList:
    """Models that the actor may see."""

    models: list[FleetModel]
    """Models, the most urgent first."""
    total: int
    counted_until: datetime | None
    """The end of the last hour of any model that is counted; where that is not over, now."""


@dataclass(kw_only=True)
class _Seen:
    """Traffic and drift of a model, from its windows."""

    requests: int = 0
    requests_week: int = 0
    failed: int = 0
    p99: float | None = None
    p99_at: datetime | None = None
    last: datetime | None = None
    drifted: tuple[str, ...] = ()


class FleetService:
    """Puts the fleet together."""

    def __init__(
        self,
        database: Database,
        live_among: Callable[[Session, Sequence[str]], Mapping[str, list[Share]]],
        has_uncounted: Callable[[], bool],
    ) -> None:
        """`live_among` returns the live shares of models, of those that have any; `has_uncounted` tells whether there may be records that
        are not counted yet."""
        self._has_uncounted = has_uncounted
        self._database = database
        self._live_among = live_among

    def show(self, actor: Actor, *, project: str | None = None) -> FleetList:
        """Return the models that the actor may inspect, of a project or of all, those that need attention first."""
        of_project = true() if project is None else ModelRow.name.in_(models_in(project))
        query = select(ModelRow).where(
            ModelRow.removed_at.is_(None), visible(ModelRow.name, actor, Permission.MODEL_INSPECT), of_project
        )
        with self._database.read() as session:
            total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
            rows = list(session.scalars(query.order_by(ModelRow.name).limit(MOST_MODELS)))
            names = [row.name for row in rows]
            edge = _counted_until(session) if self._has_uncounted() else None
            alerts = _alerts(session, actor, set(names))
            releases = self._live_among(session, names)
            seen = _seen(session, set(names), edge or now(), releases)
            scopes = scopes_among(session, names)
        models = [
            _judged(row, scopes[row.name].project, releases.get(row.name, []), seen.get(row.name, _Seen()), alerts.get(row.name, []))
            for row in rows
        ]  # fmt: skip
        last = max((each.last for each in seen.values() if each.last is not None), default=None)
        return FleetList(
            models=sorted(models, key=lambda model: (-model.urgency, -model.requests, model.name)), total=total,
            counted_until=None if last is None else min(last + timedelta(hours=1), now()),
        )  # fmt: skip


def _counted_until(session: Session) -> datetime | None:
    """Return the end of the last hour of any model that is counted; None: none is."""
    last = session.scalar(select(func.max(RecordWindowRow.start)).where(RecordWindowRow.hours == 1))
    return None if last is None else last + timedelta(hours=1)


def _seen(session: Session, names: set[str], moment: datetime, releases: Mapping[str, list[Share]]) -> dict[str, _Seen]:
    """Return what the windows of models say of the eight days before a moment, and when each was asked last.

    Where gateways hold records that are not counted, the moment is the end of what is: nobody knows yet who was silent since."""
    found: dict[str, _Seen] = {}
    hourly = RecordWindowRow.hours == 1
    for model, last in session.execute(
        select(RecordWindowRow.model, func.max(RecordWindowRow.start)).where(hourly).group_by(RecordWindowRow.model)
    ):
        if model in names:
            found[model] = _Seen(last=last)
    recent = moment - _RECENT
    week = select(RecordWindowRow.model, func.sum(RecordWindowRow.requests)).where(
        hourly, RecordWindowRow.start >= recent - _USUAL, RecordWindowRow.start < recent
    )
    for model, requests in session.execute(week.group_by(RecordWindowRow.model)):
        if model in found:
            found[model].requests_week = int(requests)
    columns = (
        RecordWindowRow.model,
        RecordWindowRow.start,
        RecordWindowRow.requests,
        RecordWindowRow.errors,
        RecordWindowRow.latency,
    )
    query = select(*columns).where(hourly, RecordWindowRow.start >= recent).order_by(RecordWindowRow.start)
    for model, start, requests, errors, latency in session.execute(query):
        if model in found:
            _add(found[model], start, requests, _failures(errors), latency)
    for model, drifted in _drifted(session, names, recent - _RECENT, releases).items():
        found[model].drifted = drifted
    return found


def _failures(errors: Mapping[str, int]) -> int:
    return sum(count for code, count in errors.items() if not is_refusal(code))


def _add(seen: _Seen, start: datetime, requests: int, failed: int, latency: Mapping[str, float] | None) -> None:
    seen.requests += requests
    seen.failed += failed
    slow = (latency or {}).get("p99") or None  # zero: the sender of the records did not say how long it took
    if slow is not None and (seen.p99_at != start or seen.p99 is None or slow > seen.p99):
        seen.p99, seen.p99_at = slow, start


def _drifted(
    session: Session, names: set[str], since: datetime, releases: Mapping[str, list[Share]]
) -> dict[str, tuple[str, ...]]:
    """Return the columns that were far from the reference on the last day of each model that had enough rows.

    Of a model with a release only the versions count that are live: what one did that was rolled back needs nobody any more."""
    query = select(RecordWindowRow).where(
        RecordWindowRow.hours == 24, RecordWindowRow.start >= since.replace(hour=0, minute=0, second=0, microsecond=0)
    )
    far: dict[str, tuple[datetime, dict[str, float]]] = {}
    for row in session.scalars(query.order_by(RecordWindowRow.start).options(undefer(RecordWindowRow.columns))):
        live = {each.version for each in releases.get(row.model, [])}
        is_judged = any(each["rows"] >= _JUDGED_ROWS and "distance" in each for each in row.columns)
        if row.model not in names or not is_judged or (live and row.version not in live):
            continue
        day, distances = far.get(row.model, (row.start, {}))
        if day != row.start:
            distances = {}
        for each in row.columns:
            if each.get("drifted"):
                name = each["column"].partition(":")[2]
                distances[name] = max(each["distance"], distances.get(name, 0.0))
        far[row.model] = (row.start, distances)
    return {model: tuple(sorted(distances, key=lambda name: -distances[name])) for model, (_, distances) in far.items()}


def _alerts(session: Session, actor: Actor, names: set[str]) -> dict[str, list[AlertRow]]:
    query = select(AlertRow).where(
        AlertRow.resolved_at.is_(None),
        AlertRow.model.is_not(None),
        visible(AlertRow.model, actor, Permission.ALERTS_READ),
    )
    found: dict[str, list[AlertRow]] = {}
    for row in session.scalars(query.order_by(AlertRow.raised_at)):
        if row.model in names:
            found.setdefault(str(row.model), []).append(row)
    return found


def _judged(row: ModelRow, project: str, release: list[Share], seen: _Seen, alerts: Sequence[AlertRow]) -> FleetModel:
    reasons: list[tuple[float, str]] = [(_SEVERE.get(each.severity, 1), each.summary) for each in alerts]
    failed = seen.failed / seen.requests if seen.requests else 0.0
    if failed >= _FAILED:
        reasons.append((2 + failed, f"{share(failed)} of its requests failed in the last 24 hours."))
    if seen.drifted:
        verb = "is" if len(seen.drifted) == 1 else "are"
        reasons.append((1 + len(seen.drifted) / 100, f"{listed(seen.drifted)} {verb} far from the reference."))
    if release and not row.paused and not seen.requests and seen.requests_week >= _SILENT_FROM:
        reasons.append(
            (1.5, f"Nobody has asked it for 24 hours, after {seen.requests_week:,} requests in the week before.")
        )
    reasons.sort(key=lambda pair: -pair[0])
    is_failing = failed >= _FAILED or any(each.severity == "critical" for each in alerts)
    state: DashboardState = (
        "failing"
        if is_failing
        else "attention"
        if reasons
        else "ok"
        if seen.requests or seen.requests_week
        else "unknown"
    )
    return FleetModel(
        name=row.name, project=project, paused=row.paused, release=release, state=state,
        reasons=tuple(text for _, text in reasons), urgency=sum(weight for weight, _ in reasons), requests=seen.requests,
        requests_week=seen.requests_week, failed=seen.failed, p99=seen.p99, drifted=seen.drifted, alerts=len(alerts),
        last_request=seen.last,
    )  # fmt: skip
