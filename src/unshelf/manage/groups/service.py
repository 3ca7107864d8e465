"""Groups: made, filled and removed; their members have the roles that the groups have."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.service import AccessService
from unshelf.manage.groups.tables import GroupMemberRow, GroupRow
from unshelf.manage.users.service import UserService
from unshelf.manage.users.tables import UserRow
from unshelf.manage.users.user import User, user_of

OnMember = Callable[[Session, str], None]
"""Called in the transaction of a change with the id of a user who joins or leaves a group."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DESCRIPTION = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]{0,2000}")


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group, without its members."""

    id: str
    name: str
    description: str
    created_at: datetime
    created_by: str


class GroupService:
    """Keeps the groups and their members."""

    def __init__(
        self, database: Database, events: EventStore, publisher: Publisher, access: AccessService, users: UserService
    ) -> None:
        self._database = database
        self._events = events
        self._publisher = publisher
        self._access = access
        self._users = users
        self._on_member: list[OnMember] = []
        self._on_removed: list[Callable[[Session, str], None]] = []

    def on_member(self, act: OnMember) -> None:
        """Have something done in the transaction of each change of members, such as marking routes stale."""
        self._on_member.append(act)

    def on_removed(self, act: Callable[[Session, str], None]) -> None:
        """Have something done in the transaction of each removal, with the name of the group."""
        self._on_removed.append(act)

    def create(self, actor: Actor, *, name: str, description: str = "") -> Group:
        """Make an empty group. Raises Conflict for a name that is taken."""
        check_group_name(name)
        if _DESCRIPTION.fullmatch(description) is None:
            raise InvalidInput("A description is at most 2000 printable characters.")
        row = _new_row(actor, name, description)
        with self._database.transaction() as session:
            if session.scalar(select(GroupRow.id).where(GroupRow.name == name)) is not None:
                raise Conflict(f"There is a group {name!r} already.")
            session.add(row)
            self._log(session, actor, "group.created", name, after={"description": description})
        return _group_of(row)

    def remove(self, actor: Actor, name: str) -> None:
        """Remove a group; its members lose the roles that it had. Raises NotFound, Forbidden for a group that may do more than the
        actor, Conflict for one that is the last owner of a project."""
        with self._database.transaction() as session:
            row = self._row(session, name)
            self._access.must_cover(session, actor, [("group", row.id)])
            members = self._member_ids(session, row.id)
            owned = self._access.owned_by(session, "group", row.id) if members else []
            self._access.forget(session, "group", row.id)
            session.execute(delete(GroupMemberRow).where(GroupMemberRow.group_id == row.id))
            session.delete(row)
            for act in self._on_removed:
                act(session, name)
            self._log(session, actor, "group.removed", name, before={"members": len(members)})
            self._changed(session, members)
            self._access.must_have_owners(session, owned)
        self._publisher.publish()

    def add_member(self, actor: Actor, name: str, user: str) -> None:
        """Put a user into a group; one who is in it already stays. Raises NotFound, Forbidden for a group that may do more than the
        actor."""
        with self._database.transaction() as session:
            self._access.must_cover(session, actor, [("group", self._row(session, name).id)], is_given=True)
            self.add_member_in(session, actor, name, self._users.find_in(session, user))
        self._publisher.publish()

    def add_member_in(self, session: Session, actor: Actor, name: str, user: User) -> None:
        """As `add_member`, in the transaction of something larger; then the caller publishes."""
        row = self._row(session, name)
        member = session.get(GroupMemberRow, (row.id, user.id))
        if member is None:
            self._join(session, actor, row, user, is_local=True)
        else:
            member.is_local = True

    def remove_member(self, actor: Actor, name: str, user: str) -> None:
        """Take a user out of a group; one who is not in it is a no-op. Raises NotFound, Forbidden for a group that may do more than
        the actor."""
        with self._database.transaction() as session:
            group = self._row(session, name).id
            self._access.must_cover(session, actor, [("group", group)])
            member = self._users.find_in(session, user)
            is_in = session.get(GroupMemberRow, (group, member.id)) is not None and member.status == "active"
            self.remove_member_in(session, actor, name, member)
            if is_in:
                self._access.must_have_owners(session, self._access.owned_by(session, "group", group))
        self._publisher.publish()

    def remove_member_in(self, session: Session, actor: Actor, name: str, user: User) -> None:
        """As `remove_member`, in the transaction of something larger; then the caller publishes."""
        row = self._row(session, name)
        member = session.get(GroupMemberRow, (row.id, user.id))
        if member is None:
            return
        if member.is_provided:
            raise Conflict(
                f"{user.name} is in this group by a group of the identity provider.",
                hint="Take the user out of that group there; it is in force at their next login.",
            )
        self._leave(session, actor, row, user, member)

    def replace_provided(self, session: Session, actor: Actor, user: User, names: Collection[str]) -> None:
        """Have a user be in exactly these groups by an identity provider, in the transaction of a login; makes groups that are missing.

        Where somebody here has put the user into a group, the user stays in it. Then the caller publishes."""
        wanted = {self._found_or_made(session, actor, name).id for name in sorted(names)}
        members = list(session.scalars(select(GroupMemberRow).where(GroupMemberRow.user_id == user.id)))
        for member in members:
            if member.is_provided and not member.is_local and member.group_id not in wanted:
                self._leave(session, actor, session.get_one(GroupRow, member.group_id), user, member)
            else:
                member.is_provided = member.group_id in wanted
        for group_id in sorted(wanted - {member.group_id for member in members}):
            self._join(session, actor, session.get_one(GroupRow, group_id), user, is_local=False)

    def list_for(self, *, limit: int, cursor: str | None = None) -> Page[Group]:
        """List groups by their names."""
        with self._database.read() as session:
            page = read_page(session, select(GroupRow), [SortKey(GroupRow.name)], limit=limit, cursor=cursor)
        return Page(page.map(_group_of), page.next_cursor)

    def find(self, name: str) -> tuple[Group, list[User]]:
        """Return a group and its members by name. Raises NotFound."""
        with self._database.read() as session:
            row = self._row(session, name)
            members = session.scalars(
                select(UserRow)
                .join(GroupMemberRow, GroupMemberRow.user_id == UserRow.id)
                .where(GroupMemberRow.group_id == row.id)
                .order_by(UserRow.name)
            )
            return _group_of(row), [user_of(member) for member in members]

    def find_in(self, session: Session, name: str) -> Group:
        """Return the group of this name, in a session of the caller. Raises NotFound."""
        return _group_of(self._row(session, name))

    def groups_of(self, user_id: str) -> list[Group]:
        """List the groups that a user is in, by their names."""
        with self._database.read() as session:
            rows = session.scalars(
                select(GroupRow)
                .join(GroupMemberRow, GroupMemberRow.group_id == GroupRow.id)
                .where(GroupMemberRow.user_id == user_id)
                .order_by(GroupRow.name)
            )
            return [_group_of(row) for row in rows]

    def _row(self, session: Session, name: str) -> GroupRow:
        row = session.scalar(select(GroupRow).where(GroupRow.name == name))
        if row is None:
            raise NotFound(f"There is no group {name[:80]!r}.", hint="`unshelf groups list` shows their names.")
        return row

    def _found_or_made(self, session: Session, actor: Actor, name: str) -> GroupRow:
        row = session.scalar(select(GroupRow).where(GroupRow.name == name))
        if row is None:
            row = _new_row(actor, name, "")
            session.add(row)
            session.flush()
            self._log(session, actor, "group.created", name)
        return row

    def _join(self, session: Session, actor: Actor, row: GroupRow, user: User, *, is_local: bool) -> None:
        session.add(
            GroupMemberRow(
                group_id=row.id, user_id=user.id, since=now(), is_local=is_local, is_provided=not is_local
            )
        )  # fmt: skip
        self._log(session, actor, "group.member_added", row.name, after={"user": user.name})
        self._changed(session, [user.id])

    def _leave(self, session: Session, actor: Actor, row: GroupRow, user: User, member: GroupMemberRow) -> None:
        session.delete(member)
        self._log(session, actor, "group.member_removed", row.name, before={"user": user.name})
        self._changed(session, [user.id])

    def _member_ids(self, session: Session, group_id: str) -> list[str]:
        return list(session.scalars(select(GroupMemberRow.user_id).where(GroupMemberRow.group_id == group_id)))

    def _changed(self, session: Session, user_ids: list[str]) -> None:
        session.flush()
        for user_id in user_ids:
            for act in self._on_member:
                act(session, user_id)

    def _log(self, session: Session, actor: Actor, action: str, name: str, **values: dict[str, object]) -> None:
        self._events.record(session, actor, action, Subject(kind="group", name=name), **values)  # type: ignore[arg-type]


def check_group_name(name: str) -> None:
    """Raise InvalidInput for what can't be a group's name."""
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(f"{name[:80]!a} can't be a group's name.", hint="Use a-z, 0-9, - _ and .")


def _new_row(actor: Actor, name: str, description: str) -> GroupRow:
    return GroupRow(id=new_id(), name=name, description=description, created_at=now(), created_by=actor.label)


def _group_of(row: GroupRow) -> Group:
    return Group(
        id=row.id, name=row.name, description=row.description, created_at=row.created_at, created_by=row.created_by
    )
