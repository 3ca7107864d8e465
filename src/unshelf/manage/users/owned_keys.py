"""Keys that a user answers for: handed over when they leave."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.manage.audit.service import AuditService
from unshelf.manage.keys.tables import KeyRow
from unshelf.manage.users.belongings import Belonging
from unshelf.manage.users.user import User


class OwnedKeys:
    """The keys that are good still."""

    def __init__(self, audit: AuditService) -> None:
        self._audit = audit

    def belongings_of(self, session: Session, user: User) -> list[Belonging]:
        """List the keys that a user created or took over."""
        return [
            Belonging(kind="key", name=f"{row.name} ({row.id})", description=f"A service account with the role {row.role}.",
                      needs_heir=True)
            for row in _rows(session, user)
        ]  # fmt: skip

    def hand_over(self, session: Session, actor: Actor, user: User, heir: User) -> None:
        """Make the heir the one who answers for each of them."""
        for row in _rows(session, user):
            row.owner = heir.id
            self._audit.record(
                session, actor, "key.handed_over", row.id, {"owner": heir.name}, before={"owner": user.name}
            )


def _rows(session: Session, user: User) -> list[KeyRow]:
    good = (KeyRow.revoked_at.is_(None), or_(KeyRow.expires_at.is_(None), KeyRow.expires_at > now()))
    return list(session.scalars(select(KeyRow).where(KeyRow.owner == user.id, *good).order_by(KeyRow.id)))
