"""Projects that a user alone owns: handed over when they leave."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.manage.access.service import AccessService
from unshelf.manage.access.tables import GrantRow
from unshelf.manage.groups.tables import GroupMemberRow
from unshelf.manage.users.belongings import Belonging
from unshelf.manage.users.tables import UserRow
from unshelf.manage.users.user import User

_OWNER = "owner"


class OwnedProjects:
    """The projects of which nobody else is an owner."""

    def __init__(self, access: AccessService) -> None:
        self._access = access

    def belongings_of(self, session: Session, user: User) -> list[Belonging]:
        """List the projects that would have no owner without this user."""
        return [
            Belonging(kind="project", name=name, description="Nobody else owns it.", needs_heir=True)
            for name in self._alone(session, user)
        ]

    def hand_over(self, session: Session, actor: Actor, user: User, heir: User) -> None:
        """Make the heir an owner of each of them."""
        for name in self._alone(session, user):
            self._access.grant_in(
                session, actor, holder_kind="user", holder=heir.id, role=_OWNER, scope=project_scope(name),
                reason=f"Handed over by {user.name}.", is_transfer=True,
            )  # fmt: skip

    def _alone(self, session: Session, user: User) -> list[str]:
        """Find the projects that nobody owns who is active, once this user is not."""
        groups = list(session.scalars(select(GroupMemberRow.group_id).where(GroupMemberRow.user_id == user.id)))
        active = select(UserRow.id).where(UserRow.status == "active", UserRow.id != user.id)
        manned = select(GroupMemberRow.group_id).where(GroupMemberRow.user_id.in_(active))
        of_user, of_group = GrantRow.holder_kind == "user", GrantRow.holder_kind == "group"
        owned = select(GrantRow.scope).where(
            GrantRow.scope_kind == "project",
            GrantRow.role == _OWNER,
            GrantRow.expires_at.is_(None),
            GrantRow.source == "local",
        )
        theirs = owned.where(or_(of_user & (GrantRow.holder == user.id), of_group & GrantRow.holder.in_(groups)))
        others = owned.where(or_(of_user & GrantRow.holder.in_(active), of_group & GrantRow.holder.in_(manned)))
        return sorted(set(session.scalars(theirs)) - set(session.scalars(others)))
