"""Projects without another owner are what a user leaves behind."""

from tests.support.actors import actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")


def left(people: PeopleParts, name: str) -> list[str]:
    return [each.name for each in people.users.belongings(name) if each.kind == "project"]


def owns(people: PeopleParts, name: str, project: str) -> None:
    user = people.users.find(name)
    people.access.grant(ADMIN, holder_kind="user", holder=user.id, role="owner", scope=project_scope(project))


def test_a_project_with_another_owner_is_not_left_behind(people: PeopleParts, database: Database) -> None:
    owns(people, "ada", "risk")
    owns(people, "ada", "fraud")
    assert left(people, "ada") == ["fraud", "risk"]
    owns(people, "grace", "risk")
    assert left(people, "ada") == ["fraud"]
    people.users.deactivate(ADMIN, "grace", leave=True)
    assert left(people, "ada") == ["fraud", "risk"]  # an owner who is gone is none


def test_the_heir_owns_what_is_handed_over(people: PeopleParts) -> None:
    owns(people, "ada", "risk")
    people.users.deactivate(ADMIN, "ada", heir="grace")
    assert left(people, "grace") == ["risk"]
