"""Notifications: the one way in for every capability; inboxes; what each person chooses."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.manage.notifications.notification import (
    DEFAULT_CHOICE,
    Channels,
    Choice,
    InboxEntry,
    MailOutbox,
    MayHear,
    Notification,
    NotificationKind,
    PersonNow,
    WebhookOutbox,
)
from unshelf.manage.notifications.tables import NotificationChoiceRow, NotificationRow

_MOST_TITLE = 200
_MOST_BODY = 20_000
_MOST_LINK = 500
_PEOPLE_A_QUERY = 500


class NotificationService:
    """Keeps notifications: each is stored with the change that it is about, and goes out from there."""

    def __init__(self, database: Database, subjects: Subjects, person_now: PersonNow) -> None:
        self._database = database
        self._subjects = subjects
        self._person_now = person_now
        self._kinds: dict[str, NotificationKind] = {}
        self._may_hear: dict[str, MayHear] = {}
        self._mail: MailOutbox | None = None
        self._webhooks: WebhookOutbox | None = None

    def register(self, kind: NotificationKind, may_hear: MayHear | None = None) -> None:
        """Add a kind. Names are unique. `may_hear`: asked once more when it is sent, for what is no question of its subject."""
        if kind.name in self._kinds or kind.name == DEFAULT_CHOICE:
            raise ValueError(f"there is a kind {kind.name!r} already")
        self._kinds[kind.name] = kind
        if may_hear is not None:
            self._may_hear[kind.name] = may_hear

    def send_mail_by(self, mail: MailOutbox) -> None:
        """Have notifications go by e-mail too."""
        self._mail = mail

    def send_webhooks_by(self, webhooks: WebhookOutbox) -> None:
        """Have notifications go to webhooks too."""
        self._webhooks = webhooks

    def notify(
        self,
        session: Session,
        recipients: Iterable[str],
        subject: Subject,
        *,
        kind: str,
        title: str,
        body: str = "",
        link: str = "",
        is_for_project: bool = True,
    ) -> None:
        """Tell people, by their ids, in the transaction of the change: they hear of it if that is committed, and only then.

        `body` is plain text; `link` a path of this server, such as `/models/iris`. `is_for_project`: the webhooks of the subject's
        project get it too."""
        self._kind(kind)
        if link and (not link.startswith("/") or link.startswith("//") or len(link) > _MOST_LINK):
            raise ValueError(f"{link[:80]!r} is no path of this server")
        notification = Notification(
            kind=kind, title=_line(title), body=_text(body), link=link, subject=subject, created_at=now()
        )
        people = list(dict.fromkeys(recipients))
        wanted = self._channels(session, people, kind)
        for person in people:
            self._store(session, person, notification, wanted[person])
        if self._webhooks is not None:
            by_webhook = [person for person in people if wanted[person].webhook]
            self._webhooks.add(session, notification, by_webhook, is_for_project=is_for_project)

    def write_to(self, session: Session, person: str, subject: Subject, *, kind: str, title: str, body: str) -> None:
        """Have an e-mail sent and nothing else, in the transaction of the change: for what has no place in an inbox, and of which a
        letter of the queue of e-mails tells the address."""
        notification = Notification(
            kind=kind, title=_line(title), body=_text(body), link="", subject=subject, created_at=now()
        )
        self._store(session, person, notification, Channels(inbox=False, webhook=False))

    def may_hear(self, session: Session, person: str, notification: Notification) -> bool:
        """Whether somebody may still hear of something: between the change and the moment in which it is sent they may have lost
        the right to see what it is about."""
        kind, own = self._kinds.get(notification.kind), self._may_hear.get(notification.kind)
        if own is not None:
            return own(session, person, notification)
        if kind is None or not kind.of_subject:
            return True
        actor = self._person_now(person)
        return actor is not None and self._subjects.may_hear(session, actor, notification.subject)

    def may_read_log(self, person: str) -> bool:
        """Whether somebody may read all of the event log by now."""
        actor = self._person_now(person)
        return actor is not None and actor.may(Permission.AUDIT_READ)

    def inbox(
        self, actor: Actor, *, unread: bool = False, limit: int, cursor: str | None = None
    ) -> tuple[Page[InboxEntry], int]:
        """List the actor's own notifications, the newest first; and how many of them are unread in all."""
        query = select(NotificationRow).where(
            NotificationRow.recipient == actor.id, NotificationRow.in_inbox, self._readable(actor)
        )
        is_unread = NotificationRow.read_at.is_(None)
        with self._database.read() as session:
            count = session.scalar(query.where(is_unread).with_only_columns(func.count())) or 0
            page = read_page(
                session,
                query.where(is_unread) if unread else query,
                [SortKey(NotificationRow.id, descending=True)],
                limit=limit,
                cursor=cursor,
            )
            return Page(page.map(_entry_of), page.next_cursor), count

    def mark_read(self, actor: Actor, ids: Sequence[str] | None) -> int:
        """Mark these of the actor's own notifications read, or, without ids, all; returns how many became read."""
        change = update(NotificationRow).where(
            NotificationRow.recipient == actor.id, NotificationRow.in_inbox, NotificationRow.read_at.is_(None),
            self._readable(actor),
        )  # fmt: skip
        if ids is not None:
            change = change.where(NotificationRow.id.in_(ids))
        with self._database.transaction() as session:
            return len(list(session.scalars(change.values(read_at=now()).returning(NotificationRow.id))))

    def choices(self, actor: Actor) -> list[Choice]:
        """List how the actor wants each kind of notification; the first one is for kinds without a choice of their own."""
        with self._database.read() as session:
            rows = session.scalars(select(NotificationChoiceRow).where(NotificationChoiceRow.recipient == actor.id))
            made = {row.kind: _channels_of(row) for row in rows}
        default = made.get(DEFAULT_CHOICE, Channels())
        first = Choice(
            kind=DEFAULT_CHOICE, description="Every kind without a choice of its own.", channels=default,
            chosen=DEFAULT_CHOICE in made,
        )  # fmt: skip
        return [
            first,
            *(
                Choice(
                    kind=name,
                    description=kind.description,
                    channels=made.get(name, default),
                    chosen=name in made,
                )
                for name, kind in sorted(self._kinds.items())
            ),
        ]

    def choose(self, actor: Actor, kind: str, channels: Channels) -> Choice:
        """Set how the actor wants notifications of a kind. Raises NotFound for a kind that there is not, Forbidden for a token with
        bounds."""
        actor.must_be_whole()
        description = self._described(kind)
        with self._database.transaction() as session:
            row = session.get(NotificationChoiceRow, (actor.id, kind))
            if row is None:
                row = NotificationChoiceRow(recipient=actor.id, kind=kind)
                session.add(row)
            row.inbox, row.email, row.webhook = channels.inbox, channels.email, channels.webhook
        return Choice(kind=kind, description=description, channels=channels, chosen=True)

    def unchoose(self, actor: Actor, kind: str) -> None:
        """Take a choice back: `default` decides again. No-op where there is none. Raises as `choose`."""
        actor.must_be_whole()
        self._described(kind)
        with self._database.transaction() as session:
            session.execute(
                delete(NotificationChoiceRow).where(
                    NotificationChoiceRow.recipient == actor.id, NotificationChoiceRow.kind == kind
                )
            )

    def prune(self, days: int) -> None:
        """Delete notifications that are older."""
        with self._database.transaction() as session:
            session.execute(delete(NotificationRow).where(NotificationRow.created_at < now() - timedelta(days=days)))

    def _readable(self, actor: Actor) -> ColumnElement[bool]:
        """Whether a notification is none about a subject that the actor may not see any more, nor, for a token with bounds, about more
        than the token is good for."""
        of_subjects = sorted(name for name, kind in self._kinds.items() if kind.of_subject)
        may_see = self._subjects.visible(
            actor, kind=NotificationRow.subject_kind, model=NotificationRow.model, project=NotificationRow.project
        )
        if actor.bounds is not None:
            return and_(NotificationRow.kind.in_(of_subjects), may_see)
        return or_(NotificationRow.kind.not_in(of_subjects), may_see)

    def _store(self, session: Session, person: str, notification: Notification, channels: Channels) -> None:
        by_mail = channels.email and self._mail is not None and self._mail.reaches(session, person, notification.kind)
        if not channels.inbox and not by_mail:
            return
        subject = notification.subject
        row = NotificationRow(
            id=new_id(), recipient=person, kind=notification.kind, title=notification.title, body=notification.body,
            link=notification.link, subject_kind=subject.kind, subject=subject.name[:200], project=subject.project,
            model=subject.model, created_at=notification.created_at, in_inbox=channels.inbox, read_at=None,
            mail="waiting" if by_mail else None, mail_error="",
        )  # fmt: skip
        session.add(row)
        if by_mail and self._mail is not None:
            self._mail.add(session, row.id)

    def _channels(self, session: Session, people: list[str], kind: str) -> dict[str, Channels]:
        """How each of these people wants notifications of a kind."""
        made: dict[tuple[str, str], Channels] = {}
        for start in range(0, len(people), _PEOPLE_A_QUERY):
            rows = session.scalars(
                select(NotificationChoiceRow).where(
                    NotificationChoiceRow.recipient.in_(people[start : start + _PEOPLE_A_QUERY]),
                    NotificationChoiceRow.kind.in_([kind, DEFAULT_CHOICE]),
                )
            )
            made |= {(row.recipient, row.kind): _channels_of(row) for row in rows}
        return {
            person: made.get((person, kind)) or made.get((person, DEFAULT_CHOICE)) or Channels() for person in people
        }

    def _kind(self, name: str) -> NotificationKind:
        if name not in self._kinds:
            raise ValueError(f"there is no kind {name!r} of notification")
        return self._kinds[name]

    def _described(self, kind: str) -> str:
        if kind == DEFAULT_CHOICE:
            return "Every kind without a choice of its own."
        if kind not in self._kinds:
            raise NotFound(
                f"There is no kind {kind[:80]!a} of notification.", hint="`unshelf notifications choices` lists them."
            )
        return self._kinds[kind].description


def notification_of(row: NotificationRow) -> Notification:
    """The notification of a row."""
    subject = Subject(kind=row.subject_kind, name=row.subject, model=row.model, project=row.project)
    return Notification(
        kind=row.kind, title=row.title, body=row.body, link=row.link, subject=subject, created_at=row.created_at
    )


def _entry_of(row: NotificationRow) -> InboxEntry:
    return InboxEntry(id=row.id, notification=notification_of(row), read_at=row.read_at)


def _channels_of(row: NotificationChoiceRow) -> Channels:
    return Channels(inbox=row.inbox, email=row.email, webhook=row.webhook)


def _line(text: str) -> str:
    """A title: one line, whatever the names in it were made of."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _MOST_TITLE else f"{line[: _MOST_TITLE - 1]}…"


def _text(text: str) -> str:
    """A text that every database holds and no terminal or mail program obeys."""
    plain = "".join(each if each.isprintable() or each in "\n\t" else " " for each in text.replace("\r\n", "\n"))
    return plain if len(plain) <= _MOST_BODY else f"{plain[: _MOST_BODY - 1]}…"
