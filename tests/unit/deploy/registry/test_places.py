"""Places of models: moved by who may on both sides, opened by owners, and in force at the gateways at once."""

import pytest

from tests.support.actors import actor
from tests.support.deploying import Deploying
from tests.support.people import user_with_roles
from unshelf.contracts.errors import Conflict, Forbidden, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.events.store import EventStore
from unshelf.manage.quotas.resources import QuotaLimits
from unshelf.runtime.routing_file import read_routing

ROOT = actor("admin", id="admin", name="admin")


@pytest.fixture
def placed(deploying: Deploying) -> Deploying:
    """The model iris in `default`, and two more projects."""
    deploying.register("iris")
    for name in ("credit", "fraud"):
        deploying.projects.create(ROOT, name)
    return deploying


def user(placed: Deploying, name: str, **roles: str) -> Actor:
    for project, role in roles.items():
        placed.access.grant(ROOT, holder_kind="user", holder=name, role=role, scope=project_scope(project))
    return user_with_roles(placed.database, placed.access, name)


def test_a_move_is_in_force_and_told(placed: Deploying) -> None:
    place = placed.places.move(ROOT, "iris", "credit", reason="reorganised")
    assert (place.project, place.visibility) == ("credit", "private")
    table = read_routing(placed.folder)
    assert table is not None
    assert table.models["iris"].project == "credit"
    event = EventStore(placed.database).newest(limit=1).items[0]
    assert (event.action, event.before, event.after, event.reason, event.subject.project) == (
        "model.moved", {"project": "default"}, {"project": "credit"}, "reorganised", "credit",
    )  # fmt: skip
    placed.places.move(ROOT, "iris", "credit")
    assert [each.action for each in EventStore(placed.database).newest(limit=9).items].count("model.moved") == 1
    (listed,) = placed.registry.list_for(ROOT, project="credit", limit=9).items
    assert (listed.name, listed.project, listed.visibility) == ("iris", "credit", "private")
    assert placed.registry.list_for(ROOT, project="default", limit=9).items == []


def test_who_had_a_role_on_the_old_project_loses_the_model_and_who_has_one_on_the_new_gains_it(
    placed: Deploying,
) -> None:
    ana, ben = user(placed, "ana", default="viewer"), user(placed, "ben", credit="viewer")
    placed.places.move(ROOT, "iris", "credit")
    assert placed.registry.list_for(ana, limit=9).items == []
    assert [each.name for each in placed.registry.list_for(ben, limit=9).items] == ["iris"]


def test_a_move_takes_an_owner_here_and_a_contributor_there(placed: Deploying) -> None:
    with pytest.raises(Forbidden, match=r"project\.manage"):
        placed.places.move(user(placed, "ana", default="contributor", credit="owner"), "iris", "credit")
    with pytest.raises(NotFound, match="no project"):
        placed.places.move(user(placed, "ben", default="owner"), "iris", "credit")
    with pytest.raises(Forbidden, match=r"model\.deploy"):
        placed.places.move(user(placed, "cleo", default="owner", credit="viewer"), "iris", "credit")
    assert placed.places.move(user(placed, "dan", default="owner", credit="contributor"), "iris", "credit")


def test_nothing_moves_into_an_archived_project_or_one_that_is_not_there(placed: Deploying) -> None:
    placed.projects.archive(ROOT, "credit")
    with pytest.raises(Conflict, match="archived"):
        placed.places.move(ROOT, "iris", "credit")
    with pytest.raises(NotFound):
        placed.places.move(ROOT, "iris", "nowhere")
    with pytest.raises(NotFound):
        placed.places.move(ROOT, "nothing", "fraud")
    assert placed.registry.inspect("iris").project == "default"


def test_an_open_model_is_seen_and_a_public_one_called(placed: Deploying) -> None:
    anybody = user(placed, "zoe")
    for visibility, seen, may_call in (("private", 0, False), ("internal", 1, False), ("public", 1, True)):
        scope = placed.places.set_visibility(ROOT, "iris", visibility)  # type: ignore[arg-type]
        assert len(placed.registry.list_for(anybody, limit=9).items) == seen, visibility
        assert anybody.may(Permission.MODEL_PREDICT, scope) is may_call, visibility
        table = read_routing(placed.folder)
        assert table is not None
        assert table.models["iris"].visibility == visibility
    with pytest.raises(Forbidden):
        placed.places.set_visibility(user(placed, "ana", default="contributor"), "iris", "private")


def test_the_stage_follows_from_versions_and_releases(placed: Deploying) -> None:
    placed.projects.add_evidence(placed.registry.stages)
    placed.projects.add_evidence(placed.ledger.stages)
    assert [placed.projects.find(name).stage for name in ("default", "credit")] == ["develop", "manage"]
    placed.releases.release("iris", 1, 100.0, ROOT)
    assert placed.projects.find("default").stage == "deploy"
    placed.places.move(ROOT, "iris", "credit")
    assert [placed.projects.find(name).stage for name in ("default", "credit")] == ["manage", "deploy"]


def test_a_model_that_is_removed_takes_the_roles_on_it_along(placed: Deploying) -> None:
    from unshelf.foundation.access.scopes import model_scope

    scope = model_scope("iris")
    placed.access.grant(ROOT, holder_kind="user", holder="ana", role="caller", scope=scope)
    placed.registry.remove("iris", ROOT)
    placed.register("iris", b"another")
    assert placed.access.granted_on(scope) == []


def test_a_model_moves_only_where_there_is_room(placed: Deploying) -> None:
    with placed.database.transaction() as session:
        placed.releases.put_live(session, "iris", 1, 100.0, ROOT)
    placed.quotas.set(ROOT, "project", "credit", QuotaLimits(replicas=0))
    placed.quotas.set(ROOT, "project", "default", QuotaLimits(replicas=0))
    with pytest.raises(Forbidden, match="quota of the project 'credit'"):
        placed.places.move(ROOT, "iris", "credit")
    assert placed.registry.inspect("iris").project == "default"
    assert placed.places.move(ROOT, "iris", "fraud").project == "fraud"
