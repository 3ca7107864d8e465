"""Accounts: how users set, prove and change their passwords."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, Unauthenticated
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.refusals import ANONYMOUS
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.users.attempts import LoginAttempts
from unshelf.manage.users.links import LinkKind, forget_links, look_at_link, use_link
from unshelf.manage.users.passwords import Passwords, check_password
from unshelf.manage.users.service import UserService
from unshelf.manage.users.tables import UserRow
from unshelf.manage.users.user import User, user_of


@dataclass(frozen=True, kw_only=True)
class NewPassword:
    """Effects of a new password on what was open before."""

    session: str = ""
    """The id of the session that goes on, in which it was changed; empty: it was set by a link."""
    ends_tokens: bool = True
    """Whether personal tokens end too."""


OnNewPassword = Callable[[Session, User, NewPassword], None]
"""Called in the transaction in which a password takes the place of another."""
_MOST_NAME = 254
Begun = TypeVar("Begun")
_LINKS: tuple[LinkKind, ...] = ("invitation", "mailed", "reset", "mailed_reset")

_RESETS: tuple[LinkKind, ...] = ("reset", "mailed_reset")


class AccountService:
    """Proves who people are, by their passwords."""

    def __init__(
        self, database: Database, events: EventStore, publisher: Publisher, users: UserService, attempts: LoginAttempts
    ) -> None:
        self._database = database
        self._events = events
        self._publisher = publisher
        self._users = users
        self._attempts = attempts
        self._passwords = Passwords()
        self._on_new_password: list[OnNewPassword] = []

    def on_new_password(self, act: OnNewPassword) -> None:
        """Have something ended, such as sessions, in the transaction in which a password takes the place of another."""
        self._on_new_password.append(act)

    def prove(self, name: str, password: str, address: str) -> User:
        """Return the user who has this login name and password. Raises as `log_in`."""
        return self.log_in(name, password, address, lambda _session, user: user)

    def log_in(self, name: str, password: str, address: str, begin: Callable[[Session, User], Begun]) -> Begun:
        """Begin something, such as a session, for the user who has this login name and password; returns it.

        It begins in the transaction that finds the password still right: what ends with a password, at the same time, ends this too.
        Raises Unauthenticated, the same for a wrong name and a wrong password; TooManyRequests after too many of these."""
        found = self._find(name)
        attempt = self._attempts.begin(name[:_MOST_NAME], address, is_known=found is not None)
        hashed = found.password_hash if found is not None and found.status == "active" else None
        is_right = self._passwords.verify(password, hashed)
        with self._database.transaction() as session:
            row = None if found is None else session.get(UserRow, found.id)
            # Nobody may log in who was deactivated, or got a new password, while the hash was computed.
            if not is_right or row is None or row.status != "active" or row.password_hash != hashed:
                known = "unknown" if found is None else found.name
                self._events.record(
                    session, ANONYMOUS, "login.failed", Subject(kind="login", name=known), after={"address": address}
                )
            else:
                self._attempts.forgive(session, attempt)
                row.last_login_at = now()
                return begin(session, user_of(row))
        raise Unauthenticated("The login name or the password is wrong.", hint="Both are case-sensitive.")

    def set_by_link(self, secret: str, password: str) -> User:
        """Set the first or a new password by a one-time link; a user who was invited is active from then on.

        Raises NotFound for a link that is no good any more, and InvalidInput for a password against the rules: then it stays good."""
        with self._database.read() as session:  # before the hash, which takes time, and may be asked for by anybody
            _account_of(session, look_at_link(session, secret, *_LINKS), password)
        hashed = self._passwords.hash(password)
        with self._database.transaction() as session:
            used = use_link(session, secret, *_LINKS)
            row = _account_of(session, used, password)
            row.password_hash, row.status = hashed, "active"
            user = user_of(row)
            forget_links(session, user.id)
            self._attempts.forget(session, user.name)
            self._users.log(
                session, _actor_of(user), "user.password_reset" if used[0] in _RESETS else "user.joined", user
            )
            for act in self._on_new_password:
                act(session, user, NewPassword())
        self._publisher.publish()
        return user

    def change_password(self, actor: Actor, current: str, new: str, address: str, *, ends_tokens: bool = False) -> None:
        """Give a user another password; ends the user's other sessions, and with `ends_tokens` all personal tokens.

        Raises Forbidden for a wrong current one."""
        if actor.kind != "user":
            raise Forbidden("Only users have passwords.", hint="A key's token is replaced by another key.")
        actor.must_be_whole()
        with self._database.read() as session:
            row = session.get(UserRow, actor.id)
        if row is None or row.password_hash is None:
            raise Forbidden("This account has no password here.")
        check_password(new, name=row.name, email=row.email)
        try:
            self.prove(row.name, current, address)
        except Unauthenticated:
            raise Forbidden("The current password is wrong.") from None
        hashed = self._passwords.hash(new)
        with self._database.transaction() as session:
            again = session.get(UserRow, actor.id)
            if again is None or again.password_hash != row.password_hash:
                raise Conflict("The password was changed by somebody else meanwhile.")
            again.password_hash = hashed
            user = user_of(again)
            forget_links(session, user.id)
            self._users.log(session, actor, "user.password_changed", user)
            for act in self._on_new_password:
                act(session, user, NewPassword(session=actor.credential, ends_tokens=ends_tokens))
        self._publisher.publish()

    def _find(self, name: str) -> UserRow | None:
        with self._database.read() as session:
            return session.scalar(select(UserRow).where(UserRow.name == name[:_MOST_NAME]))


def _account_of(session: Session, link: tuple[LinkKind, str | None], password: str) -> UserRow:
    """The account of a link, which may have this password."""
    row = session.get(UserRow, link[1])
    if row is None or row.status == "deactivated":
        raise Conflict("The account of this link is deactivated.")
    check_password(password, name=row.name, email=row.email)
    return row


def _actor_of(user: User) -> Actor:
    return Actor(id=user.id, kind="user", label=user.label)
