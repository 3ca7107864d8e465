"""Projects: who begins one owns it; they are described, archived and restored, each time with its event."""

import pytest

from tests.support.actors import actor
from tests.support.people import user_with_roles
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.access.service import AccessService
from unshelf.manage.projects.service import ProjectService

ROOT = actor("admin", id="admin", name="admin")


def actions(database: Database) -> list[str]:
    return [event.action for event in reversed(EventStore(database).newest(limit=100).items)]


def test_a_user_who_begins_a_project_owns_it_and_others_do_not_see_it(
    database: Database, access: AccessService, projects: ProjectService
) -> None:
    ana = user_with_roles(database, access, "ana")
    made = projects.create(ana, "credit", title="Credit risk", priority="high")
    assert (made.name, made.title, made.priority, made.stage, made.created_by) == (
        "credit", "Credit risk", "high", "manage", "ana",
    )  # fmt: skip
    owner = user_with_roles(database, access, "ana")
    assert owner.may(Permission.MEMBERS_MANAGE, project_scope("credit"))
    assert [each.name for each in projects.list_for(owner, limit=10).items] == ["credit"]
    assert projects.list_for(user_with_roles(database, access, "ben"), limit=10).items == []
    assert actions(database) == ["project.created", "role.granted"]


def test_a_key_that_begins_a_project_owns_nothing(access: AccessService, projects: ProjectService) -> None:
    made = projects.create(ROOT, "credit")
    assert (made.title, access.granted_on(project_scope("credit"))) == ("credit", [])
    with pytest.raises(Forbidden, match=r"projects\.create"):
        projects.create(actor("deploy"), "other")


@pytest.mark.parametrize("name", ["", "Credit", "a/b", "x" * 65, "../x", "ü"])
def test_a_name_that_can_be_no_address_is_refused(projects: ProjectService, name: str) -> None:
    with pytest.raises(InvalidInput, match="no project's name"):
        projects.create(ROOT, name)


def test_a_name_is_given_once_also_when_its_project_is_archived(projects: ProjectService) -> None:
    projects.create(ROOT, "credit")
    projects.archive(ROOT, "credit")
    with pytest.raises(Conflict, match="taken"):
        projects.create(ROOT, "credit")


def test_a_change_keeps_what_is_not_given_and_tells_what_changed(database: Database, projects: ProjectService) -> None:
    projects.create(ROOT, "credit", title="Old", description="about")
    changed = projects.change(ROOT, "credit", title="New")
    assert (changed.title, changed.description, changed.priority) == ("New", "about", "normal")
    event = EventStore(database).newest(limit=1).items[0]
    assert (event.action, event.before, event.after) == ("project.changed", {"title": "Old"}, {"title": "New"})
    projects.change(ROOT, "credit", title="New")
    assert actions(database).count("project.changed") == 1
    with pytest.raises(NotFound):
        projects.change(ROOT, "other", title="x")


def test_archived_projects_are_listed_apart_and_come_back(database: Database, projects: ProjectService) -> None:
    projects.create(ROOT, "credit")
    projects.create(ROOT, "fraud")
    for _ in range(2):
        assert projects.archive(ROOT, "credit").archived_at is not None
    assert not projects.is_open("credit")
    assert [each.name for each in projects.list_for(ROOT, limit=10).items] == ["fraud"]
    assert [each.name for each in projects.list_for(ROOT, archived=True, limit=10).items] == ["credit"]
    for _ in range(2):
        assert projects.restore(ROOT, "credit").archived_at is None
    assert projects.is_open("credit")
    assert actions(database)[-2:] == ["project.archived", "project.restored"]


def test_default_is_never_archived(projects: ProjectService) -> None:
    with pytest.raises(Conflict, match="default"):
        projects.archive(ROOT, "default")


def test_the_stage_is_the_furthest_that_any_wing_proves(projects: ProjectService) -> None:
    for name in ("credit", "fraud", "plan"):
        projects.create(ROOT, name)
    projects.add_evidence(lambda _session, names: dict.fromkeys((n for n in names if n != "plan"), "develop"))
    projects.add_evidence(lambda _session, names: {"credit": "deploy"})
    assert [each.stage for each in projects.list_for(ROOT, limit=10).items] == ["deploy", "develop", "manage"]
    assert projects.find("credit").stage == "deploy"


def test_pages_of_a_list_join_to_the_whole(projects: ProjectService) -> None:
    for name in ("a", "b", "c"):
        projects.create(ROOT, name)
    first = projects.list_for(ROOT, limit=2)
    rest = projects.list_for(ROOT, limit=2, cursor=first.next_cursor)
    assert [each.name for each in [*first.items, *rest.items]] == ["a", "b", "c"]
