"""Groups are found by their names."""

from tests.support.actors import actor
from unshelf.foundation.database.engine import Database
from unshelf.manage.groups.named_groups import NamedGroups
from unshelf.server.wiring.people import PeopleParts


def test_a_group_is_found_while_it_is_there(people: PeopleParts, database: Database) -> None:
    team = people.groups.create(actor(), name="team")
    with database.read() as session:
        assert [NamedGroups().id_of(session, name) for name in ("team", "nothing")] == [team.id, None]
        assert NamedGroups().names_of(session, [team.id, "x"]) == {team.id: "team"}
