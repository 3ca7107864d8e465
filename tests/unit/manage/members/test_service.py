"""Members: roles are granted to users and groups by their names, where there is something to grant them on."""

import pytest

from tests.support.actors import actor
from tests.support.people import NamedHolders
from unshelf.contracts.errors import NotFound
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.database.engine import Database
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.service import AccessService
from unshelf.manage.members.service import MemberService, WantedRole
from unshelf.manage.projects.service import ProjectService

ROOT = actor("admin", id="admin", name="admin")


@pytest.fixture
def members(database: Database, publisher: Publisher, access: AccessService, projects: ProjectService) -> MemberService:
    projects.create(ROOT, "credit")
    with database.transaction() as session:
        place_model(session, "score", "credit")
    holders = Holders()
    holders.register("user", NamedHolders("ana", "ben"))
    holders.register("group", NamedHolders("risk"))
    return MemberService(database, publisher, access, holders)


def wanted(name: str, role: str = "contributor", **more: object) -> WantedRole:
    fields = {"holder_kind": "user", "name": name, "role": role, **more}
    return WantedRole(**fields)  # type: ignore[arg-type]


def test_roles_are_granted_by_name_and_listed_where_they_are(members: MemberService) -> None:
    members.grant_on_project(ROOT, "credit", wanted("ana"))
    members.grant_on_project(ROOT, "credit", wanted("risk", "viewer", holder_kind="group"))
    ends = members.grant_on_model(ROOT, "score", wanted("ben", "caller", expires_in_seconds=60))
    members.grant_on_installation(ROOT, wanted("ben", "auditor"))
    listed = {
        where: [(each.name, each.granted.holder_kind, each.granted.role) for each in found]
        for where, found in (
            ("project", members.of_project("credit")), ("model", members.of_model("score")),
            ("installation", members.of_installation()),
        )
    }  # fmt: skip
    assert listed == {
        "project": [("ana", "user", "contributor"), ("risk", "group", "viewer")],
        "model": [("ben", "user", "caller")],
        "installation": [("ben", "user", "auditor")],
    }
    assert ends.granted.expires_at is not None
    members.revoke(ROOT, ends.granted.id)
    assert members.of_model("score") == []


@pytest.mark.parametrize("name", ["zoe", "risk", "id-ana"])
def test_only_users_that_there_are_get_roles(members: MemberService, name: str) -> None:
    with pytest.raises(NotFound, match="no user"):
        members.grant_on_project(ROOT, "credit", wanted(name))


def test_nothing_is_granted_on_what_is_not_there(members: MemberService) -> None:
    with pytest.raises(NotFound, match="no project"):
        members.grant_on_project(ROOT, "other", wanted("ana"))
    with pytest.raises(NotFound, match="no model"):
        members.grant_on_model(ROOT, "other", wanted("ana"))
    with pytest.raises(NotFound, match="no project"):
        members.of_project("other")
