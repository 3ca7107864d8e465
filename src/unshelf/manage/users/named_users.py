"""Users by their login names, for who grants roles to them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.manage.users.tables import UserRow


class NamedUsers:
    """Finds users who may hold roles: the invited too, who act once they have joined."""

    def id_of(self, session: Session, name: str) -> str | None:
        """Return the id of the user with this login name; None without one, or when they are deactivated."""
        return session.scalar(select(UserRow.id).where(UserRow.name == name, UserRow.status != "deactivated"))

    def names_of(self, session: Session, ids: Sequence[str]) -> Mapping[str, str]:
        """Return id → login name, for those of these ids that are known."""
        return {row.id: row.name for row in session.scalars(select(UserRow).where(UserRow.id.in_(list(ids))))}
