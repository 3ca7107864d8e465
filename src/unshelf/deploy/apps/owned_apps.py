"""Apps that a user keeps: handed over when they leave, as they ask their models on the user's grant."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.deploy.apps.service import AppService
from unshelf.deploy.apps.tables import AppRow
from unshelf.foundation.access.actors import Actor
from unshelf.manage.users.belongings import Belonging
from unshelf.manage.users.user import User


class OwnedApps:
    """The apps that a user saved last."""

    def __init__(self, apps: AppService) -> None:
        self._apps = apps

    def belongings_of(self, session: Session, user: User) -> list[Belonging]:
        """List the apps that ask their models on this user's grant."""
        return [
            Belonging(
                kind="app", name=row.name, needs_heir=True,
                description=f"“{row.title}” asks {row.model} on their grant, and stops without it.",
            )
            for row in _kept_by(session, user)
        ]  # fmt: skip

    def hand_over(self, session: Session, actor: Actor, user: User, heir: User) -> None:
        """Have each of them ask on the grant of the heir, as far as that goes."""
        for row in _kept_by(session, user):
            row.owner, row.owner_kind, row.owner_label = heir.id, "user", heir.label
            before, after = {"owner": user.name}, {"owner": heir.name}
            self._apps.log(session, actor, "app.handed_over", row, before=before, after=after)


def _kept_by(session: Session, user: User) -> list[AppRow]:
    query = select(AppRow).where(AppRow.owner == user.id, AppRow.owner_kind == "user")
    return list(session.scalars(query.order_by(AppRow.name)))
