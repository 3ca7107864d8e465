"""Sessions: opened by a password or a one-time link, used, and ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.manage.groups.user_actors import UserActors
from unshelf.manage.keys.service import ADMIN, KeysService
from unshelf.manage.keys.tables import KeyRow
from unshelf.manage.keys.tokens import new_token, token_hash
from unshelf.manage.sessions.tables import SessionRow
from unshelf.manage.users.links import OneTimeLink, make_link, use_link
from unshelf.manage.users.user import User

SESSION_PREFIX = "unshelf_session_"
Method = Literal["password", "link", "oidc"]
IDLE = timedelta(hours=12)
"""How long a session lasts that is not used."""
LONGEST = timedelta(days=14)
"""How long a session lasts that is used all the time."""
_USE_NOTED = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class LoginSession:
    """A session, without its token."""

    id: str
    user_id: str | None
    """None: the embedded administrator's."""
    method: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


class SessionService:
    """Keeps the sessions."""

    def __init__(self, database: Database, events: EventStore, actors: UserActors, keys: KeysService) -> None:
        self._database = database
        self._events = events
        self._actors = actors
        self._keys = keys

    def open_for(self, user: User, *, method: Method, address: str, user_agent: str) -> tuple[LoginSession, str]:
        """Open a session of a user who has proved who they are; returns it and its token, which is stored nowhere."""
        with self._database.transaction() as session:
            return self.open_in(session, user, method=method, address=address, user_agent=user_agent)

    def open_in(
        self, session: Session, user: User, *, method: Method, address: str, user_agent: str
    ) -> tuple[LoginSession, str]:
        """As `open_for`, in the transaction of something larger."""
        actor = Actor(id=user.id, kind="user", label=user.label)
        return self._open(session, actor, method, admin_token=None, address=address, user_agent=user_agent)

    def admin_link(self, actor: Actor) -> OneTimeLink:
        """Make a link that logs the embedded administrator in. Raises Forbidden for every other actor."""
        if actor.id != ADMIN or actor.kind != "service_account":
            raise Forbidden(
                "Only the embedded administrator's token makes such a link.", hint="Run `unshelf open` on the server's own machine."
            )  # fmt: skip
        with self._database.transaction() as session:
            self._log(session, actor, "login.link_made")
            return make_link(session, "login", None)

    def open_by_link(self, secret: str, *, address: str, user_agent: str) -> tuple[LoginSession, str]:
        """Open a session of the embedded administrator by a one-time link. Raises NotFound for one that is no good any more."""
        with self._database.transaction() as session:
            use_link(session, secret, "login")
            admin = session.get_one(KeyRow, ADMIN)
            actor = Actor(id=ADMIN, kind="service_account", label=ADMIN)
            return self._open(
                session, actor, "link", admin_token=admin.token_sha256, address=address, user_agent=user_agent
            )

    def authenticate(self, token: str) -> Actor | None:
        """The actor whose session this is; None when there is no such session, or it has ended."""
        moment = now()
        with self._database.read() as session:
            row = session.scalar(_good(moment).where(SessionRow.token_sha256 == token_hash(token)))
            if row is None:
                return None
            actor = self._actor_of(session, row)
        if actor is not None and row.last_used_at < moment - _USE_NOTED:
            self._note_use(row.id, moment)
        return actor

    def find(self, token: str) -> LoginSession | None:
        """The session of this token; None when there is none."""
        with self._database.read() as session:
            row = session.scalar(_good(now()).where(SessionRow.token_sha256 == token_hash(token)))
        return None if row is None else _session_of(row)

    def list_of(self, actor: Actor) -> list[LoginSession]:
        """List an actor's own sessions, the newest first. Raises Forbidden for a token with bounds."""
        actor.must_be_whole()
        with self._database.read() as session:
            rows = session.scalars(_good(now()).where(_own(actor)).order_by(SessionRow.id.desc()))
            return [_session_of(row) for row in rows]

    def end(self, actor: Actor, session_id: str) -> None:
        """End one of an actor's own sessions. Raises NotFound for any other, Forbidden for a token with bounds."""
        actor.must_be_whole()
        with self._database.transaction() as session:
            row = session.scalar(select(SessionRow).where(SessionRow.id == session_id, _own(actor)))
            if row is None:
                raise NotFound(f"You have no session {session_id[:80]!r}.")
            session.delete(row)
            self._log(session, actor, "login.ended")

    def end_all(self, session: Session, user: User, *, but: str = "") -> None:
        """End all sessions of a user, in the transaction of a change; `but`: not the one with this id."""
        session.execute(delete(SessionRow).where(SessionRow.user_id == user.id, SessionRow.id != but))

    def end_in(self, session: Session, actor: Actor, session_ids: Collection[str], whose: User) -> int:
        """End those of these sessions of a user that have not ended, in the transaction of a change; returns how many."""
        good = select(SessionRow).where(SessionRow.id.in_(list(session_ids)), SessionRow.user_id == whose.id)
        rows = list(session.scalars(good))
        for row in rows:
            session.delete(row)
            self._events.record(session, actor, "login.ended", Subject(kind="login", name=whose.label))
        return len(rows)

    def prune(self) -> None:
        """Delete sessions that have expired."""
        moment = now()
        gone = or_(SessionRow.expires_at <= moment, SessionRow.last_used_at <= moment - IDLE - _USE_NOTED)
        with self._database.transaction() as session:
            session.execute(delete(SessionRow).where(gone))

    def _open(
        self, session: Session, actor: Actor, method: Method, *, admin_token: str | None, address: str, user_agent: str
    ) -> tuple[LoginSession, str]:
        token, moment = new_token(SESSION_PREFIX), now()
        user_id = actor.id if actor.kind == "user" else None
        row = SessionRow(
            id=new_id(), token_sha256=token_hash(token), user_id=user_id, admin_token_sha256=admin_token, method=method,
            created_at=moment, last_used_at=moment, expires_at=moment + LONGEST, address=address[:64],
            user_agent="".join(filter(str.isprintable, user_agent))[:200],
        )  # fmt: skip
        session.add(row)
        self._log(session, actor, "login.succeeded", after={"method": method, "address": row.address})
        return _session_of(row), token

    def _actor_of(self, session: Session, row: SessionRow) -> Actor | None:
        if row.user_id is not None:
            return self._actors.of(session, row.user_id, credential=row.id)
        admin = session.get(KeyRow, ADMIN)
        if admin is None or admin.token_sha256 != row.admin_token_sha256:
            return None
        return self._keys.current(Actor(id=ADMIN, kind="service_account", label=ADMIN))

    def _note_use(self, session_id: str, moment: datetime) -> None:
        try:
            with self._database.transaction() as session:
                session.execute(update(SessionRow).where(SessionRow.id == session_id).values(last_used_at=moment))
        except SQLAlchemyError:  # a full disk must not keep people from looking
            return

    def _log(self, session: Session, actor: Actor, action: str, **values: dict[str, object]) -> None:
        self._events.record(session, actor, action, Subject(kind="login", name=actor.label), **values)  # type: ignore[arg-type]


def _good(moment: datetime) -> Select[SessionRow]:
    return select(SessionRow).where(SessionRow.expires_at > moment, SessionRow.last_used_at > moment - IDLE)


def _own(actor: Actor) -> ColumnElement[bool]:
    if actor.kind == "user":
        return SessionRow.user_id == actor.id
    return SessionRow.user_id.is_(None) if actor.id == ADMIN else SessionRow.id.is_(None)


def _session_of(row: SessionRow) -> LoginSession:
    return LoginSession(
        id=row.id, user_id=row.user_id, method=row.method, created_at=row.created_at, last_used_at=row.last_used_at,
        expires_at=row.expires_at, address=row.address, user_agent=row.user_agent,
    )  # fmt: skip
