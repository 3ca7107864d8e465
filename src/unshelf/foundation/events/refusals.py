"""Refusals: 401, 403 and hiding 404 answers as events, collapsed per actor, route and minute, so that a stranger can't fill the table."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore

ANONYMOUS = Actor(id="anonymous", kind="anonymous", label="anonymous")
"""A caller without a good token."""
_MINUTE_SECONDS = 60
_MOST_ENTRIES = 1000
_EVERY_OTHER_ROUTE = "*"


@dataclass(frozen=True)
class _Key:
    actor: Actor
    route: str
    status: int
    minute: int
    subject: Subject | None = None


@dataclass
class _Entry:
    count: int = 0
    written: int = 0


class RefusalLog:
    """Counts refusals, and writes at most two events a minute for each actor, route and status: the first and the rest."""

    def __init__(self, database: Database, events: EventStore, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[_Key, _Entry] = {}

    def note(self, actor: Actor | None, route: str, status: int, subject: Subject | None = None) -> None:
        """Count a refusal. `route` is a verb and a path as the app declares it, never what the caller sent.

        `subject`: the thing that was hidden from the actor; else the event is about the route."""
        minute = int(self._clock() // _MINUTE_SECONDS)
        with self._lock:
            key = _Key(actor or ANONYMOUS, route, status, minute, subject)
            if key not in self._entries and len(self._entries) >= _MOST_ENTRIES:
                key = _Key(ANONYMOUS, _EVERY_OTHER_ROUTE, status, minute)
            self._entries.setdefault(key, _Entry()).count += 1

    def flush(self, *, everything: bool = False) -> None:
        """Write what is due: a refusal that is the first of its minute, and the count of a minute that is over."""
        minute = int(self._clock() // _MINUTE_SECONDS)
        with self._lock:
            due = [
                (key, entry.count - entry.written)
                for key, entry in self._entries.items()
                if entry.count > entry.written and (everything or entry.written == 0 or key.minute < minute)
            ]
        if due:
            with self._database.transaction() as session:
                for key, count in due:
                    self._events.record(
                        session, key.actor, "access.refused", key.subject or Subject(kind="route", name=key.route),
                        after={"status": key.status, "count": count},
                    )  # fmt: skip
        with self._lock:
            for key, count in due:
                self._entries[key].written += count
            for key in [
                key for key, entry in self._entries.items() if key.minute < minute and entry.count == entry.written
            ]:
                del self._entries[key]
