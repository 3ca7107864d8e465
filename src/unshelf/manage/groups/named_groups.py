"""Groups by their names, for who grants roles to them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.manage.groups.tables import GroupRow


class NamedGroups:
    """Finds groups."""

    def id_of(self, session: Session, name: str) -> str | None:
        """Return the id of the group of this name; None without one."""
        return session.scalar(select(GroupRow.id).where(GroupRow.name == name))

    def names_of(self, session: Session, ids: Sequence[str]) -> Mapping[str, str]:
        """Return id → name, for those of these ids that are known."""
        return {row.id: row.name for row in session.scalars(select(GroupRow).where(GroupRow.id.in_(list(ids))))}
