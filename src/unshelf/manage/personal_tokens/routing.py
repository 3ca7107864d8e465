"""Routes of personal tokens: what gateways know of them, so that calls are enforced without asking control."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import CHECKED_BY_GATEWAYS, Permission
from unshelf.contracts.routing import CallScope, KeyRoute, keys_part, shard_of
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.clock import now
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.service import AccessService, HolderKind
from unshelf.manage.access.tables import GrantRow
from unshelf.manage.groups.user_actors import UserActors
from unshelf.manage.personal_tokens.personal_token import bounds_of
from unshelf.manage.personal_tokens.tables import PersonalTokenRow
from unshelf.manage.users.tables import UserRow


class TokenRoutes:
    """Builds the routes of personal tokens, and marks those stale that a change concerns."""

    def __init__(self, publisher: Publisher, access: AccessService, actors: UserActors) -> None:
        self._publisher = publisher
        self._access = access
        self._actors = actors

    def names(self, session: Session) -> list[str]:
        """The shards that have personal tokens."""
        hashes = session.scalars(select(PersonalTokenRow.token_sha256).where(PersonalTokenRow.revoked_at.is_(None)))
        return sorted({shard_of(keys_part(each)) or "" for each in hashes})

    def build(self, session: Session, shards: Sequence[str]) -> dict[str, dict[str, KeyRoute]]:
        """By shard, every token that is neither revoked nor expired and whose owner is active, under its SHA-256."""
        moment = now()
        in_shards = or_(*(PersonalTokenRow.token_sha256.between(shard, shard + "g") for shard in shards))
        query = select(PersonalTokenRow).where(PersonalTokenRow.revoked_at.is_(None), in_shards)
        rows = [
            row
            for row in session.scalars(query.order_by(PersonalTokenRow.token_sha256))
            if row.expires_at is None or row.expires_at > moment
        ]
        bounds = {row.id: bounds_of(row, self._access.roles) for row in rows}
        actors = self._actors.many(session, {row.id: row.user_id for row in rows}, bounds)
        names = self._names(session, {row.user_id for row in rows})
        found: dict[str, dict[str, KeyRoute]] = {}
        for row in rows:
            if row.id in actors:
                shard = found.setdefault(shard_of(keys_part(row.token_sha256)) or "", {})
                shard[row.token_sha256] = _route(row, actors[row.id], names[row.user_id])
        return found

    def mark_user(self, session: Session, user_id: str) -> None:
        """Mark the routes of a user's tokens stale, in the transaction of a change; then the caller publishes."""
        hashes = session.scalars(
            select(PersonalTokenRow.token_sha256).where(
                PersonalTokenRow.user_id == user_id, PersonalTokenRow.revoked_at.is_(None)
            )
        )
        self._publisher.mark_stale(session, *sorted({keys_part(each) for each in hashes}))

    def mark_holder(self, session: Session, kind: HolderKind, holder: str) -> None:
        """Mark the routes stale that the roles of a user or a group are in."""
        for user_id in [holder] if kind == "user" else self._actors.members(session, holder):
            self.mark_user(session, user_id)

    def expired_holders(self, session: Session, since: datetime, until: datetime) -> list[tuple[str, str]]:
        """Return kind and id of those who had a role that expired in this time."""
        query = select(GrantRow.holder_kind, GrantRow.holder).where(
            GrantRow.expires_at > since, GrantRow.expires_at <= until
        )
        return [(kind, holder) for kind, holder in session.execute(query.distinct())]

    def next_expiry(self, session: Session, since: datetime) -> datetime | None:
        """Return when the next role expires; None: none does, as things are."""
        return session.scalar(select(func.min(GrantRow.expires_at)).where(GrantRow.expires_at > since))

    def _names(self, session: Session, user_ids: set[str]) -> dict[str, str]:
        rows = session.scalars(select(UserRow).where(UserRow.id.in_(sorted(user_ids))))
        return {row.id: row.name for row in rows}


def _route(row: PersonalTokenRow, actor: Actor, name: str) -> KeyRoute:
    granted = {permission for permission in CHECKED_BY_GATEWAYS if actor.may(permission)}
    if actor.may_somewhere(Permission.MODEL_PREDICT):
        granted.add(Permission.MODEL_PREDICT)
    return KeyRoute(
        id=row.id,
        name=name,
        permissions=tuple(sorted(granted)),
        calls=_call_scopes(actor.grants, Permission.MODEL_PREDICT),
        sees=_call_scopes(actor.grants, Permission.MODEL_READ),
        bounds=None if actor.bounds is None else _call_scopes(actor.bounds, Permission.MODEL_PREDICT),
        expires_at=None if row.expires_at is None else row.expires_at.timestamp(),
    )


def _call_scopes(grants: Sequence[Grant], permission: Permission) -> tuple[CallScope, ...]:
    scopes = dict.fromkeys(grant.scope for grant in grants if permission in grant.permissions)
    return tuple(
        CallScope(project=scope.project, model=scope.model or "*", visibility=scope.visibility) for scope in scopes
    )
