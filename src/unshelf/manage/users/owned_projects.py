"""Projects that a user alone owns: handed over when they leave."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.manage.access.service import AccessService
from unshelf.manage.access.tables import GrantRow
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
                reason=f"Handed over by {user.name}.",
            )  # fmt: skip

    def _alone(self, session: Session, user: User) -> list[str]:
        owned = select(GrantRow.scope).where(
            GrantRow.scope_kind == "project", GrantRow.role == _OWNER, GrantRow.expires_at.is_(None)
        )
        theirs = session.scalars(owned.where(GrantRow.holder_kind == "user", GrantRow.holder == user.id))
        active = select(UserRow.id).where(UserRow.status == "active", UserRow.id != user.id)
        others = set(session.scalars(owned.where((GrantRow.holder_kind == "group") | GrantRow.holder.in_(active))))
        return sorted(set(theirs) - others)
