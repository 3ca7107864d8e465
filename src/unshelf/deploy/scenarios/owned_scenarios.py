"""Scenarios that a user keeps: handed over when they leave, or else nobody could read or delete those that are not shared."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.deploy.scenarios.service import ScenarioService
from unshelf.deploy.scenarios.tables import ScenarioRow
from unshelf.foundation.access.actors import Actor
from unshelf.manage.users.belongings import Belonging
from unshelf.manage.users.user import User


class OwnedScenarios:
    """The scenarios that a user saved."""

    def __init__(self, scenarios: ScenarioService) -> None:
        self._scenarios = scenarios

    def belongings_of(self, session: Session, user: User) -> list[Belonging]:
        """List the user's scenarios. They hold nobody back: one without an heir stays as it is, shared or not."""
        return [
            Belonging(
                kind="scenario", name=row.id, needs_heir=False,
                description=f"“{row.name}”, inputs of {row.model} that they {'share' if row.shared else 'keep to themselves'}.",
            )
            for row in _kept_by(session, user)
        ]  # fmt: skip

    def hand_over(self, session: Session, actor: Actor, user: User, heir: User) -> None:
        """Have each of them belong to the heir, who may then change, share and delete it."""
        for row in _kept_by(session, user):
            row.owner = heir.id
            self._scenarios.log(session, actor, "scenario.handed_over", row)


def _kept_by(session: Session, user: User) -> list[ScenarioRow]:
    query = select(ScenarioRow).where(ScenarioRow.owner == user.id)
    return list(session.scalars(query.order_by(ScenarioRow.id)))
