"""Forgotten passwords: who names an account gets the same answer whether there is one, and its owner a link by e-mail."""

import re
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.refusals import ANONYMOUS
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, QueueLoop
from unshelf.manage.users.attempts import LoginAttempts
from unshelf.manage.users.link_mails import LinkMails
from unshelf.manage.users.links import make_link
from unshelf.manage.users.service import UserService
from unshelf.manage.users.tables import OneTimeLinkRow, UserRow
from unshelf.manage.users.user import user_of

_QUEUE = "forgotten-passwords"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_AGAIN_AFTER = timedelta(minutes=15)
"""The time for which an account gets no second e-mail."""


class ForgottenPasswords:
    """Has links mailed to people who can't log in. The work is done after the answer, so that its time says nothing either."""

    def __init__(
        self, database: Database, loops: Loops, *, users: UserService, attempts: LoginAttempts, mails: LinkMails | None
    ) -> None:
        """`mails`: None where no e-mail can be sent."""
        self._database = database
        self._loops = loops
        self._users = users
        self._attempts = attempts
        self._mails = mails

    def loops(self) -> list[QueueLoop]:
        """Return the loop that writes."""
        return [] if self._mails is None else [QueueLoop(name=_QUEUE, act=self.write)]

    def ask(self, name: str, address: str) -> None:
        """Have the owner of an account written to, if there is such an account.

        Raises Conflict where no e-mail is sent, and TooManyRequests for a network that asks too often."""
        if self._mails is None:
            raise Conflict("This server sends no e-mail.", hint="Ask an administrator: `unshelf users reset NAME`.")
        self._attempts.begin_forgotten(address)
        if _NAME.fullmatch(name) is None:  # no account has such a name; it may be a password
            return
        with self._database.transaction() as session:
            self._loops.add_work(session, _QUEUE, name)
        self._loops.wake(_QUEUE)

    def write(self, claim: Claim) -> None:
        """Write to the owner of an account with this name, where there is one with a password here."""
        with self._database.transaction() as session:
            row = session.scalar(select(UserRow).where(UserRow.name == claim.key))
            if row is not None and row.status == "active" and row.issuer is None and not _has_fresh(session, row.id):
                user = user_of(row)
                if self._mails is not None and self._mails.post_forgotten(session, user):
                    make_link(session, "reset", row.id)  # nobody sees it: the one that is mailed ends with it
                    self._users.log(session, ANONYMOUS, "user.password_forgotten", user)
            claim.finish(session)


def _has_fresh(session: Session, user_id: str) -> bool:
    query = select(func.max(OneTimeLinkRow.created_at)).where(
        OneTimeLinkRow.user_id == user_id, OneTimeLinkRow.kind.in_(("reset", "mailed_reset"))
    )
    newest = session.scalar(query)
    return newest is not None and now() - newest < _AGAIN_AFTER
