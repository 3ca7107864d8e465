"""The audit trail's service: what the wings log about keys and models, and the trail as administrators read it."""

from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.references import InvalidReference, parse_reference
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import ChainReport, verify_chain
from unshelf.foundation.events.event import LoggedEvent, Subject, model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.paging import Page

_OF_MODELS = frozenset({"model", "version", "alias", "release", "deploy", "secret"})


class AuditService:
    """Reads the event log, and adds to it where the subject follows from the action."""

    def __init__(self, database: Database, events: EventStore) -> None:
        self._database = database
        self._events = events

    def record(
        self,
        session: Session,
        actor: Actor,
        action: str,
        subject: str,
        after: dict[str, Any] | None = None,
        *,
        before: dict[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Log an event in the caller's transaction, as `EventStore.record`. `subject` is a reference or an id of the kind that
        the action begins with."""
        kind = action.partition(".")[0]
        about = _subject_of(session, kind, subject)
        self.log(session, actor, action, about, before=before, after=after, reason=reason)

    def log(
        self,
        session: Session,
        actor: Actor,
        action: str,
        subject: Subject,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Log an event about a subject that is known, as `EventStore.record`."""
        self._events.record(session, actor, action, subject, before=before, after=after, reason=reason)

    def recent(self, limit: int, cursor: str | None = None) -> Page[LoggedEvent]:
        """List the last events, newest first."""
        return self._events.newest(limit=limit, cursor=cursor)

    def verify(self, known: tuple[int, str] | None = None) -> ChainReport:
        """Look whether anything was edited, deleted or reordered since it was logged."""
        return verify_chain(self._database, known=known)


def _subject_of(session: Session, kind: str, name: str) -> Subject:
    if kind in _OF_MODELS:
        try:
            model = parse_reference(name).name
        except InvalidReference:  # such as an alias that was never valid; only readers of all events see it
            pass
        else:
            return model_subject(kind, name, model, project=scope_of(session, model).project)
    return Subject(kind=kind, name=name)
