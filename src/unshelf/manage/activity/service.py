"""The service of activity: what happened to a subject, or to all that one may see, from the event log."""

from sqlalchemy import ColumnElement, and_, select

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import LoggedEvent, Subject, event_of
from unshelf.foundation.events.masking import masked
from unshelf.foundation.events.store import readable
from unshelf.foundation.events.tables import EventRow
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects

_RECORDS = "records"
"""The kind of subject of what the platform logs of its own files, by the hour."""


class ActivityService:
    """Reads the event log for people."""

    def __init__(self, database: Database, subjects: Subjects) -> None:
        self._database = database
        self._subjects = subjects

    def of(self, actor: Actor, kind: str, name: str, *, limit: int, cursor: str | None = None) -> Page[LoggedEvent]:
        """List what happened to a subject, newest first: to a project and a model with all that belongs to them."""
        with self._database.read() as session:
            facts = self._subjects.must_see(session, actor, kind, name)
        about = _about(facts.subject)
        if facts.events_since is None:
            return self._read(actor, and_(readable(actor), about), limit, cursor)
        return self._read(actor, and_(about, EventRow.time >= facts.events_since), limit, cursor)

    def of_all(self, actor: Actor, *, limit: int, cursor: str | None = None) -> Page[LoggedEvent]:
        """List what happened to all that the actor may see, newest first; how files of records are kept is for the audit log alone."""
        return self._read(actor, and_(readable(actor), EventRow.subject_kind != _RECORDS), limit, cursor)

    def _read(self, actor: Actor, wanted: ColumnElement[bool], limit: int, cursor: str | None) -> Page[LoggedEvent]:
        query = select(EventRow).where(wanted)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(EventRow.id, descending=True)], limit=limit, cursor=cursor)
            return Page(page.map(lambda row: masked(session, actor, event_of(row))), page.next_cursor)


def _about(subject: Subject) -> ColumnElement[bool]:
    if subject.kind == "project":
        return EventRow.project == subject.name
    if subject.kind == "model":
        return EventRow.model == subject.name
    return and_(EventRow.subject_kind == subject.kind, EventRow.subject == subject.name)
