"""The service of comments: written, edited with their history, deleted, on any subject."""

from collections.abc import Callable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import SubjectFacts, Subjects
from unshelf.manage.comments.comment import Comment, CommentText, check_text, mentioned_names
from unshelf.manage.comments.tables import CommentRow, CommentTextRow
from unshelf.manage.watching.service import WatchService

FindUser = Callable[[Session, str], str | None]
"""Finds the id of an active user by the login name; None: there is none."""


class CommentService:
    """Keeps comments. Who sees a subject reads them; to write takes `comments.write` on it."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        *,
        subjects: Subjects,
        watching: WatchService,
        find_user: FindUser,
    ) -> None:
        self._database = database
        self._events = events
        self._subjects = subjects
        self._watching = watching
        self._find_user = find_user
        subjects.on_removed(_forget)

    def add(self, actor: Actor, kind: str, name: str, text: str) -> Comment:
        """Comment on a subject. The author follows it from then on, and so do the users that the text mentions."""
        check_text(text)
        with self._database.transaction() as session:
            subject = self._must_write(session, actor, kind, name).subject
            mentions = self._mentioned(session, text)
            row = CommentRow(
                id=new_id(), subject_kind=subject.kind, subject=subject.name, text=text, mentions=list(mentions.values()),
                author_kind=actor.kind, author_id=actor.id, author=actor.label, created_at=now(), edits=0,
            )  # fmt: skip
            session.add(row)
            session.flush()
            self._watching.watch_in(
                session, kind=actor.kind, id=actor.id, label=actor.label, subject=subject, reason="comment"
            )
            self._tell(session, actor, "comment.added", subject=subject, row=row, mentions=mentions)
            return _comment(row)

    def edit(self, actor: Actor, kind: str, name: str, *, id: str, text: str) -> Comment:
        """Give one's own comment another text; the one before is kept. The same text changes nothing."""
        check_text(text)
        with self._database.transaction() as session:
            subject = self._must_write(session, actor, kind, name).subject
            row = _find(session, subject, id)
            if not _is_by(row, actor):
                raise Forbidden(f"The comment is by {row.author!r}.", hint="Its author alone may edit it.")
            if row.deleted_at is not None:
                raise NotFound("The comment was deleted.")
            if text != row.text:
                before = set(row.mentions)
                session.add(_text_row(row))
                mentions = self._mentioned(session, text)
                row.text, row.edits, row.edited_at = text, row.edits + 1, now()
                row.mentions = list(mentions.values())
                new = {name: id for name, id in mentions.items() if id not in before}
                self._tell(session, actor, "comment.edited", subject=subject, row=row, mentions=new)
            return _comment(row)

    def delete(self, actor: Actor, kind: str, name: str, *, id: str) -> None:
        """Delete a comment with the texts it had; that there was one stays. Its author may, and who manages the project."""
        with self._database.transaction() as session:
            facts = self._subjects.must_see(session, actor, kind, name)
            row = _find(session, facts.subject, id)
            is_own = _is_by(row, actor) and actor.may(Permission.COMMENTS_WRITE, facts.scope)
            if not is_own and not actor.may(Permission.PROJECT_MANAGE, facts.scope):
                raise Forbidden(
                    f"The comment is by {row.author!r}.", hint="Its author may delete it, and an owner of the project."
                )
            if row.deleted_at is None:
                row.text, row.mentions, row.deleted_at, row.deleted_by = "", [], now(), actor.label
                session.execute(delete(CommentTextRow).where(CommentTextRow.comment == row.id))
                after = {"comment": row.id, "author": row.author}
                self._events.record(session, actor, "comment.deleted", facts.subject, after=after)

    def list_of(self, actor: Actor, kind: str, name: str, *, limit: int, cursor: str | None = None) -> Page[Comment]:
        """List the comments on a subject, the oldest first."""
        with self._database.read() as session:
            subject = self._subjects.must_see(session, actor, kind, name).subject
            query = select(CommentRow).where(
                CommentRow.subject_kind == subject.kind, CommentRow.subject == subject.name
            )
            page = read_page(session, query, [SortKey(CommentRow.id)], limit=limit, cursor=cursor)
        return Page(page.map(_comment), page.next_cursor)

    def texts(self, actor: Actor, kind: str, name: str, *, id: str) -> list[CommentText]:
        """Return all texts that a comment had, the present one last; of a deleted one, none."""
        with self._database.read() as session:
            row = _find(session, self._subjects.must_see(session, actor, kind, name).subject, id)
            if row.deleted_at is not None:
                return []
            query = select(CommentTextRow).where(CommentTextRow.comment == row.id).order_by(CommentTextRow.number)
            return [
                CommentText(number=each.number, text=each.text, written_at=each.written_at)
                for each in [*session.scalars(query), _text_row(row)]
            ]

    def text_of(self, session: Session, comment_id: str) -> str | None:
        """Return the present text of a comment, for those who may see its subject; None for one that is deleted or gone."""
        row = session.get(CommentRow, comment_id)
        return None if row is None or row.deleted_at is not None else row.text

    def _must_write(self, session: Session, actor: Actor, kind: str, name: str) -> SubjectFacts:
        facts = self._subjects.must_see(session, actor, kind, name)
        actor.must(Permission.COMMENTS_WRITE, facts.scope)
        return facts

    def _mentioned(self, session: Session, text: str) -> dict[str, str]:
        """Name → id of the users that a text mentions; a name that nobody has is only text."""
        found = ((name, self._find_user(session, name)) for name in mentioned_names(text))
        return {name: id for name, id in found if id is not None}

    def _tell(
        self,
        session: Session,
        actor: Actor,
        action: str,
        *,
        subject: Subject,
        row: CommentRow,
        mentions: dict[str, str],
    ) -> None:
        for name, id in mentions.items():
            self._watching.watch_in(session, kind="user", id=id, label=name, subject=subject, reason="mention")
        after = {"comment": row.id, "mentions": sorted(mentions.values())}
        self._events.record(session, actor, action, subject, after=after)


def _find(session: Session, subject: Subject, id: str) -> CommentRow:
    row = session.get(CommentRow, id)
    if row is None or (row.subject_kind, row.subject) != (subject.kind, subject.name):
        raise NotFound(f"There is no comment {id[:80]!a} on {subject.name!r}.")
    return row


def _is_by(row: CommentRow, actor: Actor) -> bool:
    return (row.author_kind, row.author_id) == (actor.kind, actor.id)


def _text_row(row: CommentRow) -> CommentTextRow:
    """The present text of a comment, as it is kept once there is another one."""
    return CommentTextRow(
        comment=row.id, number=row.edits + 1, text=row.text, written_at=row.edited_at or row.created_at
    )


def _forget(session: Session, kind: str, names: list[str]) -> None:
    gone = select(CommentRow.id).where(CommentRow.subject_kind == kind, CommentRow.subject.in_(names))
    session.execute(delete(CommentTextRow).where(CommentTextRow.comment.in_(gone)))
    session.execute(delete(CommentRow).where(CommentRow.subject_kind == kind, CommentRow.subject.in_(names)))


def _comment(row: CommentRow) -> Comment:
    return Comment(
        id=row.id, kind=row.subject_kind, name=row.subject, text=row.text, author=row.author, author_id=row.author_id,
        created_at=row.created_at, edits=row.edits, edited_at=row.edited_at, deleted_at=row.deleted_at,
        deleted_by=row.deleted_by,
    )  # fmt: skip
