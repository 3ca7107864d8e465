"""Keys: create, revoke, recognise; and their parts of the routing state."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import CHECKED_BY_GATEWAYS, Permission
from unshelf.contracts.routing import CallScope, KeyRoute, RequestLimits, keys_part, shard_of
from unshelf.foundation.access.actors import SYSTEM, Actor, end_within
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.scopes import INSTALLATION, Scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.roles import BUILT_IN, KeyRole, grants_of, permissions_of
from unshelf.manage.audit.service import AuditService
from unshelf.manage.keys.api_key import ApiKey
from unshelf.manage.keys.tables import KeyRow
from unshelf.manage.keys.tokens import new_token, token_hash
from unshelf.manage.limits import Limits, stored

ADMIN = "admin"
"""The id and the name of the key that is there from the first start."""

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_PATTERN = re.compile(r"[a-z0-9._*?\[\]!-]{1,128}")


class KeysService:
    """Keeps the keys, and publishes each change to gateways at once."""

    def __init__(self, database: Database, publisher: Publisher, audit: AuditService) -> None:
        self._database = database
        self._publisher = publisher
        self._audit = audit
        publisher.contribute("keys", key_shards, active_keys)

    def ensure_admin(self, token: str) -> None:
        """Make this the token of the administrator's key. A token other than last time's replaces it: that is its rotation."""
        hashed = token_hash(token)
        with self._database.transaction() as session:
            row = session.get(KeyRow, ADMIN)
            if row is not None and row.token_sha256 == hashed:
                return
            if row is None:
                session.add(
                    KeyRow(
                        id=ADMIN, name=ADMIN, role="admin", models=None, token_sha256=hashed, created_at=now(),
                        created_by=SYSTEM.label, expires_at=None, revoked_at=None,
                    )
                )  # fmt: skip
                self._audit.record(session, SYSTEM, "key.created", ADMIN, {"role": "admin"})
            else:
                self._publisher.mark_stale(session, keys_part(row.token_sha256))
                row.token_sha256 = hashed
                self._audit.record(session, SYSTEM, "key.rotated", ADMIN)
            self._publisher.mark_stale(session, keys_part(hashed))

    def create(
        self,
        actor: Actor,
        *,
        name: str,
        role: KeyRole,
        models: list[str] | None,
        expires_in_seconds: float | None,
        limits: Limits | None = None,
        project: str | None = None,
    ) -> tuple[ApiKey, str]:
        """Create a key; returns it and its token, which is stored nowhere.

        Without an end it ends with the actor's own right, and with the token or key that makes it. Raises Forbidden for one with more, or
        for longer, than the actor may do itself, there."""
        _check(name, role, models, project)
        limit, moment = self._must_give(actor, role, project), now()
        wanted = None if expires_in_seconds is None else moment + timedelta(seconds=expires_in_seconds)
        token, expires_at = new_token(), end_within(wanted, limit, "A key")
        row = KeyRow(
            id=new_id(), name=name, role=role, project=project, models=models, token_sha256=token_hash(token), created_at=moment,
            created_by=actor.label, revoked_at=None,
            expires_at=expires_at,
            limits=stored(limits), owner=actor.id if actor.kind == "user" else None,
        )  # fmt: skip
        with self._database.transaction() as session:
            session.add(row)
            detail = {"name": name, "role": role, "project": project, "models": models, "limits": row.limits}
            self._audit.record(session, actor, "key.created", row.id, detail)
            self._publisher.mark_stale(session, keys_part(row.token_sha256))
        self._publisher.publish()
        return _key_of(row), token

    def revoke(self, actor: Actor, key_id: str) -> None:
        """End a key, everywhere and for good. Revoking a revoked key is a no-op; an unknown one raises NotFound."""
        if key_id == ADMIN:
            raise Conflict(
                "The administrator's key can't be revoked.",
                hint="To replace it, stop the server, delete admin-token in its home folder and start it again.",
            )
        with self._database.transaction() as session:
            row = session.get(KeyRow, key_id)
            if row is None or not actor.may(Permission.KEYS_MANAGE, _scope_of(row.project)):
                raise NotFound(f"There is no key {key_id[:80]!r}.", hint="`unshelf keys list` shows their ids.")
            if row.revoked_at is None:
                row.revoked_at = now()
                self._audit.record(session, actor, "key.revoked", key_id, {"name": row.name})
                self._publisher.mark_stale(session, keys_part(row.token_sha256))
        self._publisher.publish()

    def list_for(self, actor: Actor, *, limit: int, cursor: str | None = None) -> Page[ApiKey]:
        """List the keys that ever were, of those that the actor may see, oldest first."""
        keys = [SortKey(KeyRow.created_at), SortKey(KeyRow.id)]
        query = select(KeyRow)
        if not actor.may(Permission.KEYS_READ):
            query = query.where(in_visible_project(KeyRow.project, actor, Permission.KEYS_READ))
        with self._database.read() as session:
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
        return Page(page.map(_key_of), page.next_cursor)

    def find(self, key_id: str) -> ApiKey | None:
        """The key with this id; None when there never was one."""
        with self._database.read() as session:
            row = session.get(KeyRow, key_id)
        return None if row is None else _key_of(row)

    def name_of(self, key_id: str) -> str:
        """The name of a key; empty when there never was such a one."""
        key = self.find(key_id)
        return "" if key is None else key.name

    def authenticate(self, token: str) -> Actor | None:
        """The actor who holds this token; None when it was never given, has expired or was revoked."""
        with self._database.read() as session:
            row = session.scalar(select(KeyRow).where(KeyRow.token_sha256 == token_hash(token)))
        return None if row is None else _actor_of(_key_of(row))

    def current(self, actor: Actor) -> Actor | None:
        """The actor with what it may do now; None when its key has expired or was revoked since."""
        key = self.find(actor.id)
        return None if key is None else _actor_of(key)

    def _must_give(self, actor: Actor, role: KeyRole, project: str | None) -> datetime | None:
        """Return until when the actor may give a key with this role; None: for good."""
        scope = _scope_of(project)
        actor.must_see(scope)
        actor.must(Permission.KEYS_MANAGE, scope)
        more = sorted(each for each in permissions_of(role) if not actor.may(each, scope))
        if more:
            raise Forbidden(
                f"A key with the role {role} could do more than {actor.label!r} may do for {scope}: {', '.join(more[:5])}.",
                hint="Choose a role with less, or ask an administrator for the key.",
            )
        right = actor.end_of({Permission.KEYS_MANAGE, *permissions_of(role)}, scope)
        return min((each for each in (right, actor.expires_at) if each is not None), default=None)


def _scope_of(project: str | None) -> Scope:
    return INSTALLATION if project is None else project_scope(project)


def key_shards(session: Session) -> list[str]:
    """The shards that have keys."""
    return sorted({shard_of(keys_part(token)) or "" for token in session.scalars(select(KeyRow.token_sha256))})


def active_keys(session: Session, shards: Sequence[str]) -> dict[str, dict[str, KeyRoute]]:
    """By shard, every key that is neither revoked nor expired, under the SHA-256 of its token."""
    moment = now()
    # Of hexadecimal digits `g` is the next one: the range of a shard is found by the column's index.
    in_shards = or_(*(KeyRow.token_sha256.between(shard, shard + "g") for shard in shards))
    found: dict[str, dict[str, KeyRoute]] = {}
    for row in session.scalars(
        select(KeyRow).where(KeyRow.revoked_at.is_(None), in_shards).order_by(KeyRow.token_sha256)
    ):
        if row.expires_at is None or row.expires_at > moment:
            found.setdefault(shard_of(keys_part(row.token_sha256)) or "", {})[row.token_sha256] = _route(row)
    return found


def _route(row: KeyRow) -> KeyRoute:
    return KeyRoute(
        id=row.id,
        name=row.name,
        permissions=tuple(sorted(permissions_of(row.role) & CHECKED_BY_GATEWAYS)),
        models=row.models,
        calls=None if row.project is None else (CallScope(project=row.project),),
        expires_at=None if row.expires_at is None else row.expires_at.timestamp(),
        limits=None if row.limits is None else msgspec.convert(row.limits, RequestLimits),
    )


def _key_of(row: KeyRow) -> ApiKey:
    return ApiKey(
        id=row.id, name=row.name, role=row.role, project=row.project, models=row.models, created_at=row.created_at,
        created_by=row.created_by, expires_at=row.expires_at, revoked_at=row.revoked_at,
        limits=None if row.limits is None else Limits.model_validate(row.limits),
    )  # fmt: skip


def _actor_of(key: ApiKey) -> Actor | None:
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now()):
        return None
    return Actor(
        id=key.id,
        kind="service_account",
        label=key.label,
        grants=grants_of(key.role, key.models, key.project),
        expires_at=key.expires_at,
    )


def _check(name: str, role: KeyRole, models: list[str] | None, project: str | None) -> None:
    if _NAME.fullmatch(name) is None:
        raise InvalidInput("A key's name is 1 to 100 printable characters.")
    if name == ADMIN:
        raise InvalidInput(f"The name {ADMIN!r} belongs to the key that is there from the first start.")
    is_of_all = BUILT_IN.find(role).kinds == ("installation",)
    if is_of_all and project is not None:
        raise InvalidInput("An administrator's key is good for every project: leave the project out.")
    if models is None:
        return
    if is_of_all:
        raise InvalidInput("An administrator's key is good for everything: leave its models out.")
    if not models:
        raise InvalidInput("A key for no model at all is of no use.", hint="Leave models out for a key to every model.")
    for pattern in models:
        if _PATTERN.fullmatch(pattern) is None:
            raise InvalidInput(
                f"{pattern[:128]!a} matches no model name.",
                hint="Use letters, digits, - _ . and the wildcards * ? [ ].",
            )
