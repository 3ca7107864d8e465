"""Invitations by e-mail: the link is made when the e-mail is sent, so that no queue and no backup holds it."""

from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.events.event import Subject
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.users.links import make_link
from unshelf.manage.users.tables import OneTimeLinkRow, UserRow
from unshelf.manage.users.user import User

INVITED = "user.invited"
"""The kind of these e-mails. Nobody chooses how to get them: they go to people who have not joined yet."""


class InvitationMails:
    """Writes to people who are invited. Their link is another than the one that the inviter was shown, and ends with it."""

    def __init__(self, notifications: NotificationService, public_url: str) -> None:
        """`public_url`: the address of this server; empty: not known, and nobody can be written to."""
        self._notifications = notifications
        self._public_url = public_url.rstrip("/")

    def post(self, session: Session, actor: Actor, user: User) -> bool:
        """Have an invited user written to, in the transaction of the invitation; False where they can't be."""
        if not user.email or not self._public_url:
            return False
        self._notifications.write_to(
            session, user.id, Subject(kind="user", name=user.name), kind=INVITED, title="You are invited to Unshelf",
            body=f"{actor.label} made you an account, {user.name}, at {self._public_url}. Set your password by this link. It is good once, "
            "for seven days from the invitation.",
        )  # fmt: skip
        return True

    def address_of(self, session: Session, person: str) -> str | None:
        """Return the address of somebody who is invited, by the id; None: they have joined, or have none."""
        row = session.get(UserRow, person)
        return row.email or None if row is not None and row.status == "invited" else None

    def link_of(self, session: Session, person: str) -> str | None:
        """Make the link; None: the invitation has ended."""
        row = session.get(UserRow, person)
        query = select(OneTimeLinkRow).where(OneTimeLinkRow.user_id == person, OneTimeLinkRow.kind == "invitation")
        invitation = session.scalar(query)
        if row is None or row.status != "invited" or invitation is None or invitation.expires_at <= now():
            return None
        link = make_link(session, "mailed", person, until=invitation.expires_at)
        return f"{self._public_url}/password?name={quote(row.name)}#{link.secret}"
