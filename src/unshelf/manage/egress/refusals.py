"""Connections that sandboxes refused: taken from the host, logged, and shown to the owner with what grants them."""

from collections.abc import Callable

from sqlalchemy import select

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.host import RefusedConnection
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject, model_subject
from unshelf.foundation.events.refusals import EGRESS_REFUSED, RefusalLog
from unshelf.foundation.events.tables import EventRow
from unshelf.foundation.host_client import HostLink, HostRequestFailed
from unshelf.foundation.loops.loops import PeriodicLoop

_EVERY_SECONDS = 2.0
_MOST_LOOKED_AT = 200
_MOST_SHOWN = 20


class EgressRefusals:
    """Brings what the host saw refused into the event log."""

    def __init__(self, database: Database, host: HostLink, refusals: RefusalLog) -> None:
        self._database = database
        self._host = host
        self._refusals = refusals
        self._listeners: list[Callable[[RefusedConnection], None]] = []

    def on_refused(self, listener: Callable[[RefusedConnection], None]) -> None:
        """Have a function hear of what is refused to models, too."""
        self._listeners.append(listener)

    def loop(self) -> PeriodicLoop:
        """Describe the loop that asks the host."""
        return PeriodicLoop(name="egress-refusals", act=self.take, every=_EVERY_SECONDS)

    def take(self) -> None:
        """Log what was refused since the last time."""
        try:
            found = self._host.take_refusals()
        except (Unavailable, HostRequestFailed):
            return  # the host is away, which others tell
        if not found:
            return
        with self._database.read() as session:
            scopes = scopes_among(session, sorted({each.model for each in found}))
        for each in found:
            scope = scopes.get(each.model)
            if scope is not None:
                self._refusals.note_egress(
                    _subject(each, scope.project), each.place, reason=each.reason, count=each.count
                )
                for listener in self._listeners:
                    listener(each)

    def recent(self, model: str) -> dict[str, list[str]]:
        """The places that a model's versions were refused lately, the latest first, by reference."""
        query = (
            select(EventRow.subject, EventRow.after)
            .where(EventRow.model == model, EventRow.action == EGRESS_REFUSED)
            .order_by(EventRow.id.desc())
            .limit(_MOST_LOOKED_AT)
        )
        found: dict[str, dict[str, None]] = {}
        with self._database.read() as session:
            for subject, after in session.execute(query):
                found.setdefault(subject, {})[str((after or {}).get("destination", ""))] = None
        return {subject: [place for place in places if ":" in place][:_MOST_SHOWN] for subject, places in found.items()}


def _subject(refused: RefusedConnection, project: str) -> Subject:
    if not refused.version:
        return model_subject("model", refused.model, refused.model, project=project)
    return model_subject("version", f"{refused.model}:{refused.version}", refused.model, project=project)
