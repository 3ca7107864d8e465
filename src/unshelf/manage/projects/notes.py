"""Notes of projects: dated Markdown texts, edited with their history."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.manage.projects.lookup import find_project
from unshelf.manage.projects.project import Note, NoteText
from unshelf.manage.projects.tables import NoteRow, NoteTextRow


class NoteService:
    """Keeps the notes. No text is ever lost: an edit keeps the one before."""

    def __init__(self, database: Database, events: EventStore) -> None:
        self._database = database
        self._events = events

    def add(self, actor: Actor, project: str, text: str) -> Note:
        """Write a note. Raises NotFound without such a project."""
        actor.must(Permission.COMMENTS_WRITE, project_scope(project))
        _check(text)
        with self._database.transaction() as session:
            find_project(session, project)
            row = NoteRow(
                id=new_id(), project=project, author_id=actor.id, author=actor.label, created_at=now(), text=text,
                edits=0, edited_at=None, edited_by=None,
            )  # fmt: skip
            session.add(row)
            self._events.record(session, actor, "note.written", _subject(row))
            return _note_of(row)

    def list_of(self, project: str, *, limit: int, cursor: str | None = None) -> Page[Note]:
        """List a project's notes, the newest first."""
        query = select(NoteRow).where(NoteRow.project == project)
        with self._database.read() as session:
            find_project(session, project)
            page = read_page(session, query, [SortKey(NoteRow.id, descending=True)], limit=limit, cursor=cursor)
            return Page(page.map(_note_of), page.next_cursor)

    def edit(self, actor: Actor, project: str, note_id: str, text: str) -> Note:
        """Give a note another text; the author may, and who may manage the project. The same text changes nothing."""
        _check(text)
        with self._database.transaction() as session:
            row = _find(session, project, note_id)
            scope = project_scope(project)
            is_author = row.author_id == actor.id and actor.may(Permission.COMMENTS_WRITE, scope)
            if not is_author and not actor.may(Permission.PROJECT_MANAGE, scope):
                raise Forbidden(
                    f"The note is by {row.author!r}.", hint="Its author may edit it, and an owner of the project."
                )
            if text != row.text:
                session.add(_text_row(row))
                row.text, row.edits, row.edited_at, row.edited_by = text, row.edits + 1, now(), actor.label
                self._events.record(session, actor, "note.edited", _subject(row))
            return _note_of(row)

    def texts(self, project: str, note_id: str) -> list[NoteText]:
        """Return all texts that a note had, the present one last."""
        with self._database.read() as session:
            row = _find(session, project, note_id)
            before = session.scalars(select(NoteTextRow).where(NoteTextRow.note == row.id).order_by(NoteTextRow.number))
            return [_text_of(each) for each in [*before, _text_row(row)]]


def _check(text: str) -> None:
    if not text.strip():
        raise InvalidInput("The note is empty.", hint="Write at least a word.")


def _find(session: Session, project: str, note_id: str) -> NoteRow:
    row = session.get(NoteRow, note_id)
    if row is None or row.project != project:
        raise NotFound(f"{project[:80]!r} has no note {note_id[:80]!r}.")
    return row


def _subject(row: NoteRow) -> Subject:
    return Subject(kind="note", name=row.id, project=row.project)


def _text_row(row: NoteRow) -> NoteTextRow:
    """The present text of a note, as it is kept once there is another one."""
    return NoteTextRow(
        note=row.id, number=row.edits + 1, text=row.text, written_at=row.edited_at or row.created_at,
        written_by=row.edited_by or row.author,
    )  # fmt: skip


def _text_of(row: NoteTextRow) -> NoteText:
    return NoteText(number=row.number, text=row.text, written_at=row.written_at, written_by=row.written_by)


def _note_of(row: NoteRow) -> Note:
    return Note(
        id=row.id, text=row.text, author=row.author, created_at=row.created_at, edits=row.edits,
        edited_at=row.edited_at, edited_by=row.edited_by,
    )  # fmt: skip
