"""Reading of situations: what the registry, the releases, the records and earlier alerts say about an alert."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound
from unshelf.contracts.routing import Share
from unshelf.deploy.registry.values import InspectedModel
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.alerts.life import extent_of
from unshelf.monitor.alerts.tables import AlertRow
from unshelf.monitor.decisions.situation import Retraining, Situation, VersionState
from unshelf.monitor.decisions.tables import AlertDecisionRow
from unshelf.monitor.decisions.traffic import RequestCounts

_RECENTLY = timedelta(days=30)
_DAY_HOURS = 24
Inspect = Callable[[str], InspectedModel]
"""Returns a model with its versions. Raises NotFound."""
TrafficOf = Callable[[str], Mapping[int, RequestCounts] | None]
"""Reads the traffic of a model's versions; None while it can't be read."""
PipelinesOf = Callable[[Session, str, str], Sequence[tuple[str, str]]]
"""Finds the pipelines of a project that deploy a model: id and name."""


@dataclass(frozen=True, kw_only=True)
class ReleaseOutlook:
    """The release of a model, seen from its history."""

    before: tuple[Share, ...]
    """The shares that a rollback would bring; empty: there is nothing to go back to."""
    changed_at: datetime | None
    """When it changed last."""


HasLabels = Callable[[Session, str], bool]
"""Whether the truth of any prediction of a model is known."""
OutlookOf = Callable[[Session, str, Sequence[int]], ReleaseOutlook]
"""Reads the outlook of a model with these versions."""


class SituationReader:
    """Reads the situation of an alert."""

    def __init__(
        self, database: Database, *, inspect: Inspect, outlook_of: OutlookOf, traffic_of: TrafficOf,
        pipelines_of: PipelinesOf, has_labels: HasLabels,
    ) -> None:  # fmt: skip
        self._database = database
        self._inspect = inspect
        self._outlook_of = outlook_of
        self._traffic_of = traffic_of
        self._pipelines_of = pipelines_of
        self._has_labels = has_labels

    def read(self, alert: Alert) -> Situation:
        """Return the situation of an alert; of a model that is gone, the alert alone."""
        found, moment = alert.finding, now()
        extent = extent_of(found.severity, found.summary, found.evidence)
        situation = Situation(
            moment=moment, alert=alert.id, kind=found.kind, severity=found.severity, advised=found.action, model=None,
            since=began_at(alert), window=_window_of(alert), ratio=extent.ratio, columns=extent.columns, version=_version_of(alert),
            ended_alone=self._ended_alone(alert),
        )  # fmt: skip
        if found.model is None:
            return situation
        try:
            model = self._inspect(found.model)
        except NotFound:
            return situation
        return self._with_model(situation, model)

    def _with_model(self, alone: Situation, model: InspectedModel) -> Situation:
        traffic = self._traffic_of(model.name)
        with self._database.read() as session:
            outlook = self._outlook_of(session, model.name, [each.version for each in model.versions])
            pipelines = self._pipelines_of(session, model.project, model.name)
            has_labels = self._has_labels(session, model.name)
            damaged = _damaged(session, model.name, alone)
        hourly = None if traffic is None else sum(each.last_day for each in traffic.values()) / _DAY_HOURS
        return Situation(
            moment=alone.moment, alert=alone.alert, kind=alone.kind, severity=alone.severity, advised=alone.advised,
            model=model.name, since=alone.since, window=alone.window, ratio=alone.ratio, columns=alone.columns, version=alone.version,
            versions=tuple(_states(model, traffic or {})), before=outlook.before, released_at=outlook.changed_at,
            is_paused=model.paused, is_elsewhere=model.version.manifest.runs_elsewhere, requests_an_hour=hourly,
            ended_alone=alone.ended_alone, has_labels=has_labels, damaged=damaged,
            retrainings=tuple(Retraining(kind="pipeline", target=id, name=name) for id, name in pipelines),
        )  # fmt: skip

    def _ended_alone(self, alert: Alert) -> int:
        """Count the earlier alerts of the kind and model that ended lately, about which nobody decided anything."""
        model, project = alert.finding.model, alert.finding.project
        decided = select(AlertDecisionRow.alert)
        query = select(func.count()).select_from(AlertRow).where(
            AlertRow.kind == alert.finding.kind,
            AlertRow.model.is_(None) if model is None else AlertRow.model == model,
            AlertRow.project.is_(None) if project is None else AlertRow.project == project,
            AlertRow.id != alert.id, AlertRow.resolved_at > now() - _RECENTLY, AlertRow.id.not_in(decided),
        )  # fmt: skip
        with self._database.read() as session:
            return session.scalar(query) or 0


def _damaged(session: Session, model: str, of: Situation) -> tuple[str, ...]:
    """Return the columns of a situation that another open alert of the model finds damaged."""
    query = select(AlertRow.severity, AlertRow.summary, AlertRow.evidence).where(
        AlertRow.model == model,
        AlertRow.kind == "data_damaged",
        AlertRow.id != of.alert,
        AlertRow.resolved_at.is_(None),
    )
    named: set[str] = set()
    for severity, summary, evidence in session.execute(query):
        named |= set(extent_of(severity, summary, evidence).columns)
    return tuple(each for each in of.columns if each in named)


def began_at(alert: Alert) -> datetime:
    """Return when a problem began: as its evidence says, else when the alert was raised."""
    since = alert.finding.evidence.get("since")
    if not isinstance(since, str):
        return alert.raised_at
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        return alert.raised_at
    return alert.raised_at if moment.tzinfo is None else moment


def _window_of(alert: Alert) -> timedelta:
    """Return how long the window of the evidence is, an hour at least."""
    window = alert.finding.evidence.get("window")
    hour = timedelta(hours=1)
    try:
        since, until = (datetime.fromisoformat(str(window[name])) for name in ("since", "until"))  # type: ignore[index]
        return max(hour, until - since)
    except (KeyError, TypeError, ValueError):
        return hour


def _version_of(alert: Alert) -> int | None:
    version = alert.finding.evidence.get("version")
    return version if isinstance(version, int) and not isinstance(version, bool) else None


def _states(model: InspectedModel, traffic: Mapping[int, RequestCounts]) -> list[VersionState]:
    names: dict[int, list[str]] = {}
    for alias, number in sorted(model.aliases.items()):
        names.setdefault(number, []).append(alias)
    nothing = RequestCounts(requests=0, failed=0, last_day=0)
    return [
        VersionState(
            number=each.version, percent=each.live_percent, created_at=each.created_at, is_paused=each.paused,
            aliases=tuple(names.get(each.version, ())), requests=traffic.get(each.version, nothing).requests,
            failed=traffic.get(each.version, nothing).failed,
        )
        for each in model.versions
    ]  # fmt: skip
