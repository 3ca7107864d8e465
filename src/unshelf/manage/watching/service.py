"""The service of watches: who follows what, and whom an event concerns."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor, ActorKind
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import LoggedEvent, Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.manage.watching.tables import WatchRow
from unshelf.manage.watching.values import Reason, Watch, Watcher

_MAKING = frozenset({"created", "registered", "added", "started"})
"""Verbs of events by which a subject comes to be: who does that is its author."""


class WatchService:
    """Keeps watches. A watch on a project covers all that lies in it, one on a model its versions, alerts and releases."""

    def __init__(
        self, database: Database, events: EventStore, subjects: Subjects, current: Callable[[Actor], Actor | None]
    ) -> None:
        """`current`: gives an actor with what it may do now; None: it may do nothing any more."""
        self._database = database
        self._subjects = subjects
        self._current = current
        subjects.on_removed(_forget)
        subjects.on_moved(_move)
        events.on_record(self._watch_own)

    def follow(self, actor: Actor, kind: str, name: str, *, muted: bool = False) -> Watch:
        """Follow a subject, or, `muted`, hear nothing of it, whatever else is followed; in place of the watch there may be."""
        with self._database.transaction() as session:
            subject = self._subjects.must_see(session, actor, kind, name).subject
            row = session.get(WatchRow, _key(actor.kind, actor.id, subject))
            if row is None:
                row = _row(actor.kind, actor.id, actor.label, subject)
                session.add(row)
            row.reason, row.is_muted = "asked", muted
            return _watch(row)

    def unfollow(self, actor: Actor, kind: str, name: str) -> None:
        """End a watch; without one, nothing happens."""
        with self._database.transaction() as session:
            subject = self._subjects.must_see(session, actor, kind, name).subject
            row = session.get(WatchRow, _key(actor.kind, actor.id, subject))
            if row is not None:
                session.delete(row)

    def list_of(self, actor: Actor, *, limit: int, cursor: str | None = None) -> Page[Watch]:
        """List the actor's own watches of what it may see, by kind and name."""
        may_see = self._subjects.visible(
            actor, kind=WatchRow.subject_kind, model=WatchRow.model, project=WatchRow.project
        )
        query = select(WatchRow).where(WatchRow.watcher_kind == actor.kind, WatchRow.watcher == actor.id, may_see)
        keys = [SortKey(WatchRow.subject_kind), SortKey(WatchRow.subject)]
        with self._database.read() as session:
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
        return Page(page.map(_watch), page.next_cursor)

    def watch_in(
        self, session: Session, *, kind: ActorKind, id: str, label: str, subject: Subject, reason: Reason
    ) -> None:
        """Have somebody follow a subject, in the transaction of what they did. A watch that there is stays, also a muted one."""
        if session.get(WatchRow, _key(kind, id, subject)) is None:
            row = _row(kind, id, label, subject)
            row.reason, row.is_muted = reason, False
            session.add(row)
            session.flush()

    def watchers_of(self, session: Session, event: LoggedEvent) -> list[Watcher]:
        """Return whom an event concerns: who watches its subject, its model or its project, may see it now, and did not do it.

        The watch nearest to the subject decides: one may follow a project and mute a model in it."""
        mentioned = set((event.after or {}).get("mentions", ())) if event.action.startswith("comment.") else set()
        return [
            replace(each, is_mentioned=each.actor.id in mentioned)
            for each in self.followers_of(session, event.subject)
            if (each.actor.kind, each.actor.id) != (event.actor_kind, event.actor_id)
        ]

    def followers_of(self, session: Session, subject: Subject) -> list[Watcher]:
        """Return who follows a subject, its model or its project, and may see it now."""
        found = []
        for (kind, id), row in sorted(_nearest(session, subject).items(), key=lambda item: item[0]):
            if row.is_muted:
                continue
            actor = self._current(Actor(id=id, kind=cast(ActorKind, kind), label=row.label))
            if actor is not None and self._subjects.may_hear(session, actor, subject):
                found.append(Watcher(actor=actor, reason=cast(Reason, row.reason), is_mentioned=False))
        return found

    def muted_by(self, session: Session, subject: Subject) -> set[str]:
        """Return the ids of the users who want to hear nothing of a subject."""
        return {id for (kind, id), row in _nearest(session, subject).items() if kind == "user" and row.is_muted}

    def _watch_own(self, session: Session, actor: Actor, action: str, subject: Subject) -> None:
        """Have the author of a subject follow it."""
        noun, _, verb = action.partition(".")
        if actor.kind == "user" and noun == subject.kind and verb in _MAKING and subject.kind in self._subjects.kinds():
            self.watch_in(session, kind="user", id=actor.id, label=actor.label, subject=subject, reason="author")
            if subject.kind == "version" and subject.model is not None:  # its releases and alerts are the model's
                model = replace(subject, kind="model", name=subject.model)
                self.watch_in(session, kind="user", id=actor.id, label=actor.label, subject=model, reason="author")


def _nearest(session: Session, subject: Subject) -> dict[tuple[str, str], WatchRow]:
    """The watch of each watcher that is nearest to a subject."""
    nearest: dict[tuple[str, str], WatchRow] = {}
    for kind, name in reversed(_places(subject)):
        rows = session.scalars(
            select(WatchRow).where(WatchRow.subject_kind == kind, WatchRow.subject == name).order_by(WatchRow.since)
        )
        nearest |= {(row.watcher_kind, row.watcher): row for row in rows}
    return nearest


def _places(subject: Subject) -> list[tuple[str, str]]:
    """The subject, the model that it belongs to, and the project: the nearest first."""
    places = [(subject.kind, subject.name)]
    if subject.model is not None:
        places.append(("model", subject.model))
    if subject.project is not None:
        places.append(("project", subject.project))
    return list(dict.fromkeys(places))


def _forget(session: Session, kind: str, names: list[str]) -> None:
    session.execute(delete(WatchRow).where(WatchRow.subject_kind == kind, WatchRow.subject.in_(names)))


def _move(session: Session, kind: str, name: str, project: str) -> None:
    of_it = (WatchRow.subject_kind == kind, WatchRow.subject == name)
    session.execute(update(WatchRow).where(*of_it).values(project=project))


def _key(kind: str, id: str, subject: Subject) -> tuple[str, str, str, str]:
    return kind, id, subject.kind, subject.name


def _row(kind: str, id: str, label: str, subject: Subject) -> WatchRow:
    return WatchRow(
        watcher_kind=kind, watcher=id, label=label, subject_kind=subject.kind, subject=subject.name,
        model=subject.model, project=subject.project, since=now(),
    )  # fmt: skip


def _watch(row: WatchRow) -> Watch:
    return Watch(
        kind=row.subject_kind, name=row.subject, reason=cast(Reason, row.reason), muted=row.is_muted, since=row.since
    )
