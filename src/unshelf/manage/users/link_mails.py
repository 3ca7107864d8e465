"""Invitations and resets of passwords by e-mail: the link is made when the e-mail is sent, so that no queue and no backup holds it."""

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.events.event import Subject
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.users.links import MAILED_WITH, LinkKind, make_link
from unshelf.manage.users.tables import OneTimeLinkRow, UserRow
from unshelf.manage.users.user import User, UserStatus


@dataclass(frozen=True, kw_only=True)
class _Letter:
    kind: str
    """The kind of these e-mails. Nobody chooses how to get them: they go to people who can't log in."""
    link: LinkKind
    """The kind of the link that was shown. The one in the e-mail ends with it."""
    title: str
    body: str


_INVITATION = _Letter(
    kind="user.invited", link="invitation", title="You are invited to Unshelf",
    body="{by} made you an account, {name}, at {place}. Set your password by this link. It is good once, for seven days from "
    "the invitation.",
)  # fmt: skip
_RESET = _Letter(
    kind="user.password_reset", link="reset", title="A new password for Unshelf",
    body="{by} lets you set a new password for your account, {name}, at {place}, by this link. It is good once, for a day. "
    "Until you use it, your password stays; when you do, your sessions and personal tokens end.",
)  # fmt: skip
_FORGOTTEN = (
    "Somebody, perhaps you, has forgotten the password of your account, {name}, at {place}. By this link you set a new one. It is good "
    "once, for a day; then your sessions and personal tokens end. If it was not you, do nothing: your password stays."
)
_LETTERS: dict[UserStatus, _Letter] = {"invited": _INVITATION, "active": _RESET}
"""By what the account is: one that was not joined yet, or one whose owner needs another password."""


class LinkMails:
    """Writes to people who set a password by a link. Their link is another than the one that was shown, and ends with it."""

    def __init__(self, notifications: NotificationService, public_url: str) -> None:
        """`public_url`: the address of this server; empty: not known, and nobody can be written to."""
        self._notifications = notifications
        self._public_url = public_url.rstrip("/")

    def letters(self) -> dict[str, "LinkLetter"]:
        """Return what the queue of e-mails needs to know of each kind."""
        return {each.kind: LinkLetter(each, status, self._public_url) for status, each in _LETTERS.items()}

    def post(self, session: Session, actor: Actor, user: User) -> bool:
        """Have a user written to, in the transaction that makes the link; False where they can't be."""
        letter = _LETTERS.get(user.status)
        return letter is not None and self._write(session, user, letter, letter.body, by=actor.label)

    def post_forgotten(self, session: Session, user: User) -> bool:
        """As `post`, to an active user of whom somebody said that they have forgotten their password."""
        return self._write(session, user, _RESET, _FORGOTTEN)

    def _write(self, session: Session, user: User, letter: _Letter, body: str, by: str = "") -> bool:
        if not user.email or not self._public_url:
            return False
        self._notifications.write_to(
            session, user.id, Subject(kind="user", name=user.name), kind=letter.kind, title=letter.title,
            body=body.format(by=by, name=user.name, place=self._public_url),
        )  # fmt: skip
        return True


class LinkLetter:
    """E-mails of a kind: where they go, and the link in them."""

    def __init__(self, letter: _Letter, status: UserStatus, public_url: str) -> None:
        self._letter = letter
        self._status = status
        self._public_url = public_url

    def address_of(self, session: Session, person: str) -> str | None:
        """Return the address of somebody by the id; None: they have none, or joined or left meanwhile."""
        row = session.get(UserRow, person)
        return row.email or None if row is not None and row.status == self._status else None

    def link_of(self, session: Session, person: str) -> str | None:
        """Make the link; None: the one that was shown has ended."""
        row = session.get(UserRow, person)
        query = select(OneTimeLinkRow).where(OneTimeLinkRow.user_id == person, OneTimeLinkRow.kind == self._letter.link)
        shown = session.scalar(query)
        if row is None or row.status != self._status or shown is None or shown.expires_at <= now():
            return None
        link = make_link(session, MAILED_WITH[self._letter.link], person, until=shown.expires_at)
        return f"{self._public_url}/password?name={quote(row.name)}#{link.secret}"
