"""Deploys under way that a user began: they go on in the name of the user who takes over, or are cancelled when they leave."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.deploy.deploys.tables import DeployRow
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.loops.loops import Loops
from unshelf.manage.audit.service import AuditService
from unshelf.manage.users.belongings import Belonging
from unshelf.manage.users.user import User

QUEUE = "deploys"
"""The queue that deploys wait in."""


class RunningDeploys:
    """The deploys that have not ended."""

    def __init__(self, audit: AuditService, loops: Loops) -> None:
        self._audit = audit
        self._loops = loops

    def belongings_of(self, session: Session, user: User) -> list[Belonging]:
        """List the deploys of a user that are under way."""
        return [
            Belonging(
                kind="deploy",
                name=row.id,
                description=f"Of the model {row.model}; without an heir it is cancelled.",
                needs_heir=False,
            )
            for row in _rows(session, user)
        ]

    def hand_over(self, session: Session, actor: Actor, user: User, heir: User) -> None:
        """Have each of them go on in the heir's name."""
        for row in _rows(session, user):
            row.created_by, row.actor_id, row.actor_kind = heir.label, heir.id, "user"
            self._audit.record(
                session, actor, "deploy.handed_over", row.model, {"by": heir.name}, before={"by": user.name}
            )

    def cancel(self, session: Session, user: User) -> None:
        """Cancel the deploys of a user who leaves, but for what they have done already. Nobody acts in that name any more."""
        for row in _rows(session, user):
            if row.reached not in ("released", "checked", "undone") and row.cancelled_by is None:
                row.cancelled_by = f"the end of {user.name}'s account"
                self._audit.record(
                    session, SYSTEM, "deploy.cancelled", row.model, {"deploy": row.id, "user": user.name}
                )
                self._loops.hasten(session, QUEUE, row.id)


def _rows(session: Session, user: User) -> list[DeployRow]:
    running = select(DeployRow).where(DeployRow.state == "running", DeployRow.actor_id == user.id)
    return list(session.scalars(running.order_by(DeployRow.id)))
