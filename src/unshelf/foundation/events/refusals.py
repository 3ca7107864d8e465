"""Refusals as events: 401, 403 and hiding 404 answers, collapsed per actor, route and minute, and connections that a sandbox refused,
collapsed per program, destination and minute. So a stranger can't fill the table."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore

ANONYMOUS = Actor(id="anonymous", kind="anonymous", label="anonymous")
"""A caller without a good token."""
ACCESS_REFUSED = "access.refused"
"""The action of a refusal by control."""
EGRESS_REFUSED = "egress.refused"
"""The action of a connection that a program in a sandbox was refused."""
_MINUTE_SECONDS = 60
_MOST_ENTRIES = 1000
_MOST_DESTINATIONS = 20
"""How many destinations of one program get events of their own in a minute."""
_MOST_DESTINATION = 300
_EVERY_OTHER = "*"


@dataclass(frozen=True)
class _Key:
    actor: Actor
    action: str
    what: str
    """The route or the destination."""
    status: int | None
    minute: int
    subject: Subject | None = None
    reason: str = ""


@dataclass
class _Entry:
    count: int = 0
    written: int = 0


class RefusalLog:
    """Counts refusals, and writes at most two events a minute for those that are alike: the first and the rest."""

    def __init__(self, database: Database, events: EventStore, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[_Key, _Entry] = {}

    def note(self, actor: Actor | None, route: str, status: int, subject: Subject | None = None) -> None:
        """Count a refusal. `route` is a verb and a path as the app declares it, never what the caller sent.

        `subject`: the thing that was hidden from the actor; else the event is about the route."""
        key = _Key(actor or ANONYMOUS, ACCESS_REFUSED, route, status, self._minute(), subject)
        with self._lock:
            self._count(key, _Key(ANONYMOUS, ACCESS_REFUSED, _EVERY_OTHER, status, key.minute))

    def note_egress(
        self, subject: Subject, destination: str, *, reason: str = "", actor: Actor = SYSTEM, count: int = 1
    ) -> None:
        """Count connections that a program was refused.

        `subject`: the version, job or other thing that the program is of, which decides who may read the event. `destination`:
        `host:port`. `reason`: the rule, a fixed sentence. `actor`: who started the program."""
        minute = self._minute()
        rest = _Key(actor, EGRESS_REFUSED, _EVERY_OTHER, None, minute, subject, reason)
        key = _Key(actor, EGRESS_REFUSED, destination[:_MOST_DESTINATION], None, minute, subject, reason)
        with self._lock:
            alike = sum(
                each.action == EGRESS_REFUSED and each.subject == subject and each.minute == minute
                for each in self._entries
            )
            self._count(key if alike < _MOST_DESTINATIONS or key in self._entries else rest, rest, count)

    def _minute(self) -> int:
        return int(self._clock() // _MINUTE_SECONDS)

    def _count(self, key: _Key, rest: _Key, count: int = 1) -> None:
        """Count under a key, or where there are too many under what stands for the rest."""
        if key not in self._entries and len(self._entries) >= _MOST_ENTRIES:
            key = rest
        self._entries.setdefault(key, _Entry()).count += count

    def flush(self, *, everything: bool = False) -> None:
        """Write what is due: a refusal that is the first of its minute, and the count of a minute that is over."""
        minute = self._minute()
        with self._lock:
            due = [
                (key, entry.count - entry.written)
                for key, entry in self._entries.items()
                if entry.count > entry.written and (everything or entry.written == 0 or key.minute < minute)
            ]
        if due:
            with self._database.transaction() as session:
                for key, count in due:
                    about = key.subject or Subject(kind="route", name=key.what)
                    what = {"destination": key.what} if key.action == EGRESS_REFUSED else {"status": key.status}
                    after = {**what, "count": count}
                    self._events.record(session, key.actor, key.action, about, after=after, reason=key.reason)
        with self._lock:
            for key, count in due:
                self._entries[key].written += count
            for key in [
                key for key, entry in self._entries.items() if key.minute < minute and entry.count == entry.written
            ]:
                del self._entries[key]
