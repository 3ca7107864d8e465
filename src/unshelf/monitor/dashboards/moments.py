"""Moments of a model on its time axis: releases, deploys, changes and alerts, from the event log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import LoggedEvent, event_of
from unshelf.foundation.events.filters import EventFilter
from unshelf.foundation.events.store import readable
from unshelf.foundation.events.tables import EventRow
from unshelf.monitor.dashboards.dashboard import Moment

MOST_MOMENTS = 200
_PLAIN: Mapping[str, str] = {
    "version.registered": "{subject} was registered",
    "version.removed": "{subject} was removed",
    "version.paused": "{subject} was paused",
    "version.resumed": "{subject} was resumed",
    "version.columns_changed": "Roles of columns of {subject} were changed",
    "version.network_changed": "The network of {subject} was changed",
    "model.paused": "The model was paused",
    "model.resumed": "The model was resumed",
    "model.limited": "Its limits were changed",
    "deploy.failed": "A deploy failed",
    "alias.set": "The alias {subject} was set",
    "alert.raised": "Alert: {summary}",
    "alert.resolved": "Over: {summary}",
}
_RELEASES = frozenset({"release.changed", "release.rolled_back"})


def moments_of(database: Database, actor: Actor, model: str, since: datetime, until: datetime) -> tuple[Moment, ...]:
    """Return what changed at a model in a range, oldest first, as far as the actor may read it; the last ones, if there are many."""
    wanted = EventFilter(model=model, since=since, until=until)
    actions = [*_PLAIN, *sorted(_RELEASES)]
    with database.read() as session:
        query = select(EventRow).where(*wanted.conditions(session), EventRow.action.in_(actions), readable(actor))
        rows = session.scalars(query.order_by(EventRow.id.desc()).limit(MOST_MOMENTS))
        events = [event_of(row) for row in rows]
    return tuple(
        Moment(time=event.time, action=event.action, say=_said(event), by=event.actor_label)
        for event in reversed(events)
    )


def release_in_words(shares: Sequence[Mapping[str, Any]]) -> str:
    """Return a release as `version 3`, or `version 3 90 %, version 4 10 %`."""
    if len(shares) == 1:
        return f"version {shares[0]['version']}"
    return ", ".join(f"version {share['version']} {share['percent']:g} %" for share in shares)


def _said(event: LoggedEvent) -> str:
    after = event.after or {}
    if event.action in _RELEASES:
        shares = after.get("release") or []
        verb = "Rolled back to" if event.action == "release.rolled_back" else "Live:"
        return f"{verb} {release_in_words(shares)}" if shares else "Nothing is live any more"
    return _PLAIN[event.action].format(subject=event.subject.name, summary=after.get("summary", ""))
