"""Users for tests, with what their roles allow now, and a source that finds them by name."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.manage.access.service import AccessService


def user_with_roles(database: Database, access: AccessService, name: str, *groups: str) -> Actor:
    """A user with what they may do now; the id is the name."""
    with database.read() as session:
        return Actor(id=name, kind="user", label=name, grants=access.grants_for(session, name, groups))


class NamedHolders:
    """Users, or groups, whose ids are `id-NAME`."""

    def __init__(self, *names: str) -> None:
        self._ids = {name: f"id-{name}" for name in names}

    def id_of(self, session: Session, name: str) -> str | None:
        """The id of one of these names."""
        return self._ids.get(name)

    def names_of(self, session: Session, ids: Sequence[str]) -> Mapping[str, str]:
        """The names of those of these ids that are known."""
        return {id: name for name, id in self._ids.items() if id in ids}
