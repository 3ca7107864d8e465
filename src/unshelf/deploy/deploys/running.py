"""Deploys under way that a user began: they go on in the name of the user who takes over."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.deploy.deploys.tables import DeployRow
from unshelf.foundation.access.actors import Actor
from unshelf.manage.audit.service import AuditService
from unshelf.manage.users.belongings import Belonging
from unshelf.manage.users.user import User


class RunningDeploys:
    """The deploys that have not ended."""

    def __init__(self, audit: AuditService) -> None:
        self._audit = audit

    def belongings_of(self, session: Session, user: User) -> list[Belonging]:
        """List the deploys of a user that are under way."""
        return [
            Belonging(
                kind="deploy", name=row.id, description=f"Of the model {row.model}; it goes on.", needs_heir=False
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


def _rows(session: Session, user: User) -> list[DeployRow]:
    running = select(DeployRow).where(DeployRow.state == "running", DeployRow.actor_id == user.id)
    return list(session.scalars(running.order_by(DeployRow.id)))
