"""Users as actors: with all that their own roles and those of their groups allow."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.database.engine import Database
from unshelf.manage.access.service import AccessService, HolderKind
from unshelf.manage.groups.tables import GroupMemberRow
from unshelf.manage.users.tables import UserRow
from unshelf.manage.users.user import user_of


class UserActors:
    """Makes actors of users."""

    def __init__(self, database: Database, access: AccessService) -> None:
        self._database = database
        self._access = access

    def of(
        self, session: Session, user_id: str, *, bounds: tuple[Grant, ...] | None = None, credential: str = ""
    ) -> Actor | None:
        """The user with what they may do now; None unless there is such a user, who is active.

        `bounds` and `credential`: of the token or session that they come with."""
        return self.many(session, {credential: user_id}, {credential: bounds}).get(credential)

    def many(
        self, session: Session, user_of_credential: dict[str, str], bounds: dict[str, tuple[Grant, ...] | None]
    ) -> dict[str, Actor]:
        """The same for many tokens: id of a token → actor, without those of users who are not active."""
        ids = sorted(set(user_of_credential.values()))
        rows = session.scalars(select(UserRow).where(UserRow.id.in_(ids), UserRow.status == "active"))
        users = {row.id: user_of(row) for row in rows}
        grants = self._access.grants_among(session, self.groups_among(session, users))
        return {
            credential: Actor(
                id=user_id, kind="user", label=users[user_id].label, grants=grants[user_id],
                bounds=bounds[credential], credential=credential,
            )
            for credential, user_id in user_of_credential.items()
            if user_id in users
        }  # fmt: skip

    def groups_among(self, session: Session, user_ids: Iterable[str]) -> dict[str, list[str]]:
        """Return user → ids of the groups that they are in."""
        found: dict[str, list[str]] = {user_id: [] for user_id in user_ids}
        rows = session.execute(
            select(GroupMemberRow.user_id, GroupMemberRow.group_id)
            .where(GroupMemberRow.user_id.in_(list(found)))
            .order_by(GroupMemberRow.group_id)
        )
        for user_id, group_id in rows:
            found[user_id].append(group_id)
        return found

    def must_cover(self, session: Session, actor: Actor, user_id: str) -> None:
        """Raise Forbidden when a user has, by a role of their own or of a group, more than the actor may do."""
        groups = self.groups_among(session, [user_id])[user_id]
        self._access.must_cover(session, actor, [("user", user_id), *(("group", group) for group in groups)])

    def members(self, session: Session, group_id: str) -> list[str]:
        """Return the ids of a group's members."""
        return list(session.scalars(select(GroupMemberRow.user_id).where(GroupMemberRow.group_id == group_id)))

    def with_permission(self, session: Session, permission: Permission, scope: Scope) -> list[str]:
        """Return the ids of the active users who have a permission on a scope, by roles of their own or of their groups."""
        found: list[str] = []
        for kind, holder in self._access.holders_of(session, permission, scope):
            found += [holder] if kind == "user" else self.members(session, holder)
        active = select(UserRow.id).where(UserRow.id.in_(found), UserRow.status == "active").order_by(UserRow.id)
        return list(session.scalars(active))

    def is_live(self, session: Session, kind: HolderKind, holder: str) -> bool:
        """Whether a user is active, or a group has a member who is."""
        users = [holder] if kind == "user" else self.members(session, holder)
        active = select(UserRow.id).where(UserRow.id.in_(users), UserRow.status == "active")
        return session.scalar(active.limit(1)) is not None

    def now(self, actor: Actor) -> Actor | None:
        """The user with what they may do now, within the same bounds; None when they are not active any more."""
        with self._database.read() as session:
            found = self.of(session, actor.id, bounds=actor.bounds, credential=actor.credential)
        return None if found is None else replace(found, expires_at=actor.expires_at)
