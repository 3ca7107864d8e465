"""Personal tokens: created, recognised, revoked."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.routing import keys_part
from unshelf.foundation.access.actors import Actor, end_within
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.service import AccessService
from unshelf.manage.groups.user_actors import UserActors
from unshelf.manage.keys.tokens import new_token, token_hash
from unshelf.manage.personal_tokens.personal_token import TOKEN_PREFIX, PersonalToken, bounds_of, token_of
from unshelf.manage.personal_tokens.routing import TokenRoutes
from unshelf.manage.personal_tokens.tables import DeviceLoginRow, PersonalTokenRow
from unshelf.manage.users.tables import UserRow
from unshelf.manage.users.user import User

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_MODEL = re.compile(r"[a-z0-9._*?\[\]!-]{1,128}")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_USE_NOTED = timedelta(minutes=1)
_LOOK_SECONDS = 0.25
_CLOCK_SECONDS = 30.0
"""How often the clock is looked at while roles are to expire: it may be set."""
"""How soon gateways hear of a role that has expired."""


class PersonalTokenService:
    """Keeps the personal tokens, and publishes each change to gateways at once."""

    def __init__(
        self, database: Database, events: EventStore, publisher: Publisher, access: AccessService, actors: UserActors
    ) -> None:
        self._database = database
        self._events = events
        self._publisher = publisher
        self._access = access
        self._actors = actors
        self.routes = TokenRoutes(publisher, access, actors)
        self._expired_to = now()
        """Routes have lost the roles that expired before; what is published at the start has none of these."""

    def create(
        self,
        actor: Actor,
        *,
        name: str,
        role: str | None = None,
        permissions: list[str] | None = None,
        projects: list[str] | None = None,
        models: list[str] | None = None,
        expires_in_seconds: float | None = None,
    ) -> tuple[PersonalToken, str]:
        """Create a token of the actor, who is a user; returns it and its secret, which is stored nowhere.

        It is good for what its owner may do, within these bounds; one that is created by a token ends no later than that. Raises
        Forbidden for keys, for a token with bounds, and for an end after that of the token it is created by."""
        must_be_whole_user(actor)
        self._check(name, role, permissions, projects, models)
        with self._database.transaction() as session:
            row, secret = self.create_in(session, actor, name=name, expires_in_seconds=expires_in_seconds)
            row.role = None if role is None else self._access.roles.find(role).name
            row.permissions, row.projects, row.models = permissions, projects, models
            detail = {
                "name": name,
                "role": row.role,
                "permissions": permissions,
                "projects": projects,
                "models": models,
            }
            self._log(
                session,
                actor,
                "token.created",
                row.id,
                {field: value for field, value in detail.items() if value is not None},
            )
        self._publisher.publish()
        return token_of(row), secret

    def create_in(
        self, session: Session, actor: Actor, *, name: str, expires_in_seconds: float | None
    ) -> tuple[PersonalTokenRow, str]:
        """Add a token for all that its owner may do, in the caller's transaction; the caller logs it, and publishes."""
        secret, moment = new_token(TOKEN_PREFIX), now()
        wanted = None if expires_in_seconds is None else moment + timedelta(seconds=expires_in_seconds)
        row = PersonalTokenRow(
            id=new_id(), user_id=actor.id, name=name, token_sha256=token_hash(secret), created_at=moment,
            expires_at=end_within(wanted, actor.expires_at, "A token"),
            revoked_at=None, last_used_at=None, role=None, permissions=None, projects=None, models=None,
        )  # fmt: skip
        session.add(row)
        self._publisher.mark_stale(session, keys_part(row.token_sha256))
        return row, secret

    def authenticate(self, secret: str) -> Actor | None:
        """The user who holds this token, within its bounds; None when it is not known, has expired or was revoked."""
        moment = now()
        with self._database.read() as session:
            row = session.scalar(select(PersonalTokenRow).where(PersonalTokenRow.token_sha256 == token_hash(secret)))
            if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= moment):
                return None
            actor = self._actors.of(session, row.user_id, bounds=bounds_of(row, self._access.roles), credential=row.id)
            if actor is not None:
                actor = replace(actor, expires_at=row.expires_at)
        if actor is not None and (row.last_used_at is None or row.last_used_at < moment - _USE_NOTED):
            self._note_use(row.id, moment)
        return actor

    def revoke(self, actor: Actor, token_id: str) -> None:
        """End a token of the actor, or, by a manager of users, of anybody who may do no more than that manager. Revoking a revoked one is a
        no-op; raises NotFound and Forbidden.

        A token with bounds may end itself, and no other."""
        if token_id != actor.credential:
            actor.must_be_whole()
        with self._database.transaction() as session:
            row = session.get(PersonalTokenRow, token_id)
            may = row is not None and (
                (actor.kind == "user" and row.user_id == actor.id) or actor.may(Permission.USERS_MANAGE)
            )
            if row is None or not may:
                raise NotFound(f"There is no token {token_id[:80]!r}.", hint="`unshelf tokens list` shows their ids.")
            if actor.kind != "user" or row.user_id != actor.id:
                self._actors.must_cover(session, actor, row.user_id)
            if row.revoked_at is None:
                row.revoked_at = now()
                self._log(session, actor, "token.revoked", row.id, {"name": row.name})
                self._publisher.mark_stale(session, keys_part(row.token_sha256))
        self._publisher.publish()

    def end_all(self, session: Session, user: User) -> None:
        """End all tokens of a user, and what was let in and has not fetched its token yet, in the transaction of a change; then the
        caller publishes."""
        session.execute(delete(DeviceLoginRow).where(DeviceLoginRow.user_id == user.id))
        self.routes.mark_user(session, user.id)
        session.execute(
            update(PersonalTokenRow)
            .where(PersonalTokenRow.user_id == user.id, PersonalTokenRow.revoked_at.is_(None))
            .values(revoked_at=now())
        )

    def list_of(self, user_id: str, *, limit: int, cursor: str | None = None) -> Page[PersonalToken]:
        """List the tokens that a user ever had, oldest first."""
        query = select(PersonalTokenRow).where(PersonalTokenRow.user_id == user_id)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(PersonalTokenRow.id)], limit=limit, cursor=cursor)
        return Page(page.map(token_of), page.next_cursor)

    def find(self, token_id: str) -> PersonalToken | None:
        """The token with this id; None when there never was one."""
        with self._database.read() as session:
            row = session.get(PersonalTokenRow, token_id)
        return None if row is None else token_of(row)

    def owner_of(self, token_id: str) -> str:
        """The login name of a token's owner; empty when there never was such a token."""
        query = select(UserRow.name).join(PersonalTokenRow, PersonalTokenRow.user_id == UserRow.id)
        with self._database.read() as session:
            return session.scalar(query.where(PersonalTokenRow.id == token_id)) or ""

    def loop(self) -> PeriodicLoop:
        """Describe the loop that takes expired roles away at gateways."""
        return PeriodicLoop(
            name="expired-roles", act=self.expire_roles, every=_LOOK_SECONDS, retry=1.0, everywhere=True,
            after_changes=True,
        )  # fmt: skip

    def expire_roles(self) -> float | None:
        """Publish anew the routes of those whose roles have expired since the last time; the seconds until it is to be done again."""
        moment = now()
        with self._database.read() as session:
            holders = self.routes.expired_holders(session, self._expired_to, moment)
            expiry = self.routes.next_expiry(session, moment)
        if holders:
            with self._database.transaction() as session:
                for kind, holder in holders:
                    self.routes.mark_holder(session, "user" if kind == "user" else "group", holder)
            self._publisher.publish()
        self._expired_to = moment
        return None if expiry is None else min((expiry - moment).total_seconds(), _CLOCK_SECONDS)

    def _note_use(self, token_id: str, moment: datetime) -> None:
        try:
            with self._database.transaction() as session:
                session.execute(
                    update(PersonalTokenRow).where(PersonalTokenRow.id == token_id).values(last_used_at=moment)
                )
        except SQLAlchemyError:  # a full disk must not keep people from looking
            return

    def _check(
        self, name: str, role: str | None, permissions: list[str] | None, projects: list[str] | None,
        models: list[str] | None,
    ) -> None:  # fmt: skip
        if _NAME.fullmatch(name) is None:
            raise InvalidInput("A token's name is 1 to 100 printable characters.")
        if role is not None and permissions is not None:
            raise InvalidInput("A token has a role or a list of permissions, not both.")
        if role is not None:
            self._access.roles.find(role)
        for what, given, known in (
            ("permission", permissions, lambda each: each in set(Permission)),
            ("project", projects, _PROJECT.fullmatch),
            ("model", models, _MODEL.fullmatch),
        ):
            if given is not None and not given:
                raise InvalidInput(
                    f"A token for no {what} at all is of no use.", hint="Leave the list out for all of them."
                )
            for each in given or ():
                if not known(each):
                    raise InvalidInput(f"{each[:128]!a} is no {what}.")

    def _log(self, session: Session, actor: Actor, action: str, token_id: str, after: dict[str, Any]) -> None:
        self._events.record(session, actor, action, Subject(kind="token", name=token_id), after=after)


def must_be_whole_user(actor: Actor) -> None:
    """Raise Forbidden for whom personal tokens are not made: a narrowed token must not make a wider one."""
    if actor.kind != "user":
        raise Forbidden(
            "Personal tokens belong to users.", hint="`unshelf keys create` makes a token of a service account."
        )
    actor.must_be_whole()
