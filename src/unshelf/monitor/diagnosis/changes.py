"""Changes of a model on its time axis: releases, deploys, settings, data and alerts, from the event log."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import LoggedEvent, event_of
from unshelf.foundation.events.store import readable
from unshelf.foundation.events.tables import EventRow
from unshelf.foundation.ids import first_id_of
from unshelf.monitor.dashboards.moments import release_in_words
from unshelf.monitor.diagnosis.diagnosis import Change, ChangeKind

MOST_CHANGES = 100
_SLACK = timedelta(hours=1)
OF_MODEL: Mapping[str, tuple[ChangeKind, str]] = {
    "release.changed": ("release", "Live: {release}"),
    "release.rolled_back": ("release", "Rolled back to {release}"),
    "version.registered": ("deploy", "{name} was registered"),
    "version.removed": ("deploy", "{name} was removed"),
    "version.withdrawn": ("deploy", "{name} was withdrawn"),
    "version.paused": ("release", "{name} was paused"),
    "version.resumed": ("release", "{name} was resumed"),
    "model.paused": ("release", "The model was paused"),
    "model.resumed": ("release", "The model was resumed"),
    "alias.set": ("release", "The alias {name} was set"),
    "deploy.failed": ("deploy", "A deploy failed"),
    "version.columns_changed": ("setting", "Roles of columns of {name} were changed"),
    "version.network_changed": ("setting", "The network of {name} was changed"),
    "model.limited": ("setting", "Its limits were changed"),
    "model.values_changed": ("setting", "The value of its predictions was changed"),
    "model.metric_set": ("setting", "The metric {metric} was set"),
    "model.metric_removed": ("setting", "The metric {metric} was removed"),
    "monitor.added": ("setting", "The monitor {name} was added"),
    "monitor.changed": ("setting", "The monitor {name} was changed"),
    "monitor.deleted": ("setting", "The monitor {name} was deleted"),
    "secret.set": ("setting", "A secret was set"),
    "secret.deleted": ("setting", "A secret was deleted"),
    "alert.raised": ("alert", "Alert: {summary}"),
    "alert.resolved": ("alert", "Over: {summary}"),
}
OF_PROJECT: Mapping[str, tuple[ChangeKind, str]] = {
    "data.added": ("data", "Data was added: {name}"),
    "data.deleted": ("data", "Data was deleted: {name}"),
    "connection.set": ("data", "The connection {name} was set"),
    "environment.version_added": ("setting", "The environment {name} got a new version"),
    "secret.set": ("setting", "A secret of the project was set"),
}
_KNOWN = {**OF_PROJECT, **OF_MODEL}


def changes_of(database: Database, actor: Actor, model: str, since: datetime, until: datetime) -> tuple[Change, ...]:
    """Return what was changed at a model, and of its project's data, in a range, oldest first; of many the last ones.

    Only what the actor may read."""
    with database.read() as session:
        project = scope_of(session, model).project
        of_model = and_(EventRow.model == model, EventRow.action.in_(list(OF_MODEL)))
        of_project = and_(EventRow.project == project, EventRow.model.is_(None), EventRow.action.in_(list(OF_PROJECT)))
        query = select(EventRow).where(
            or_(of_model, of_project), EventRow.time >= since, EventRow.time < until,
            EventRow.id >= first_id_of(since, -_SLACK), EventRow.id < first_id_of(until, _SLACK), readable(actor),
        )  # fmt: skip
        rows = session.scalars(query.order_by(EventRow.id.desc()).limit(MOST_CHANGES))
        events = [event_of(row) for row in rows]
    return tuple(_change(event) for event in reversed(events))


def _change(event: LoggedEvent) -> Change:
    kind, say = (OF_MODEL if event.subject.model is not None else OF_PROJECT).get(event.action, _KNOWN[event.action])
    after = event.after or {}
    shares = after.get("release") or []
    said = say.format(
        name=event.subject.name, summary=after.get("summary", ""), metric=(event.after or event.before or {}).get("metric", ""),
        release=release_in_words(shares) if shares else "nothing any more",
    )  # fmt: skip
    return Change(time=event.time, kind=kind, action=event.action, say=said, by=event.actor_label)
