"""Logging in from a device: a program shows a code, and somebody who is logged in elsewhere lets it in."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound, TooManyRequests
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.publication import Publisher
from unshelf.manage.groups.user_actors import UserActors
from unshelf.manage.keys.tokens import new_token, token_hash
from unshelf.manage.personal_tokens.personal_token import PersonalToken, token_of
from unshelf.manage.personal_tokens.service import PersonalTokenService, must_be_whole_user
from unshelf.manage.personal_tokens.tables import DeviceLoginRow
from unshelf.manage.users.attempts import LoginAttempts

DEVICE_PREFIX = "unshelf_device_"
TOKEN_SECONDS = 90 * 86_400.0
"""How long a token is good for that a device gets."""
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Letters that can't be taken for others, and spell no words."""
_SECONDS = 600.0
_MOST_WAITING = 1000
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")


@dataclass(frozen=True, kw_only=True)
class DeviceLogin:
    """A program's request to be let in."""

    secret: str
    code: str
    expires_at: datetime


class DeviceService:
    """Lets programs in."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        publisher: Publisher,
        tokens: PersonalTokenService,
        actors: UserActors,
        *,
        attempts: LoginAttempts,
    ) -> None:
        self._database = database
        self._events = events
        self._publisher = publisher
        self._tokens = tokens
        self._actors = actors
        self._attempts = attempts

    def begin(self, name: str, address: str) -> DeviceLogin:
        """Note a program that asks to be let in from a network address. Raises TooManyRequests while too many wait, or when too many
        have asked from there."""
        if _NAME.fullmatch(name) is None:
            raise InvalidInput("A device's name is 1 to 100 printable characters.")
        self._attempts.begin_device(address)
        secret, moment = new_token(DEVICE_PREFIX), now()
        code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2))
        expires = moment + timedelta(seconds=_SECONDS)
        with self._database.transaction() as session:
            session.execute(delete(DeviceLoginRow).where(DeviceLoginRow.expires_at <= moment))
            waiting = session.scalars(select(DeviceLoginRow.code).limit(_MOST_WAITING)).all()
            if len(waiting) >= _MOST_WAITING or code in waiting:
                raise TooManyRequests("Too many programs wait to be let in.", retry_after=60)
            session.add(
                DeviceLoginRow(
                    id=new_id(), device_sha256=token_hash(secret), code=code, name=name, user_id=None, created_at=moment,
                    expires_at=expires,
                )
            )  # fmt: skip
        return DeviceLogin(secret=secret, code=code, expires_at=expires)

    def approve(self, actor: Actor, code: str) -> str:
        """Let the program in that shows this code, as the actor, a user; returns its name. Raises NotFound."""
        must_be_whole_user(actor)
        wanted = re.sub(r"[^A-Z]", "", code.upper())
        with self._database.transaction() as session:
            row = session.scalar(select(DeviceLoginRow).where(DeviceLoginRow.code == f"{wanted[:4]}-{wanted[4:]}"))
            if row is None or row.expires_at <= now() or row.user_id is not None:
                raise NotFound("No program waits with this code.", hint="Codes are good for ten minutes, and once.")
            row.user_id = actor.id
            self._events.record(session, actor, "token.device_approved", Subject(kind="token", name=row.name))
            return row.name

    def collect(self, secret: str) -> tuple[PersonalToken, str] | None:
        """Give a program its token, once, when it was let in; None while it was not. Raises NotFound for a request that is over."""
        with self._database.read() as session:
            if self._row(session, secret).user_id is None:
                return None
        with self._database.transaction() as session:
            row = self._row(session, secret)
            actor = None if row.user_id is None else self._actors.of(session, row.user_id)
            if actor is None:
                raise Forbidden("Who let this program in is not active any more.")
            token, given = self._tokens.create_in(session, actor, name=row.name, expires_in_seconds=TOKEN_SECONDS)
            session.delete(row)
            self._events.record(
                session, actor, "token.created", Subject(kind="token", name=token.id), after={"name": row.name, "device": True}
            )  # fmt: skip
        self._publisher.publish()
        return token_of(token), given

    def _row(self, session: Session, secret: str) -> DeviceLoginRow:
        row = session.scalar(select(DeviceLoginRow).where(DeviceLoginRow.device_sha256 == token_hash(secret)))
        if row is None or row.expires_at <= now():
            raise NotFound("This request to be let in is over.", hint="Log in again: `unshelf login --device`.")
        return row
