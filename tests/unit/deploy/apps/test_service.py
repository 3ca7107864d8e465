"""Apps: made by those who may, used by those who may, a version for each save."""

from typing import Any

import pytest

from tests.unit.deploy.apps.conftest import MAKER, person, wanted
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.deploy.apps.service import AppService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects

ANA, BEN = person("ana", *MAKER), person("ben", *MAKER)
USER = person("uma", Permission.APPS_USE)
STRANGER = person("sam", *MAKER, project="others")


def actions(database: Database) -> list[tuple[str, Any]]:
    return [(event.action, event.after) for event in reversed(EventStore(database).newest(limit=99).items)]


def test_each_save_is_a_version_and_one_can_go_back(apps: AppService, database: Database) -> None:
    made, is_new = apps.save(ANA, "worth", wanted())
    assert (made.version, made.project, made.owner, is_new) == (1, "homes", "ana", True)
    assert apps.save(ANA, "worth", wanted())[1] is False
    changed, _ = apps.save(ANA, "worth", wanted(title="Worth"))
    assert (changed.version, changed.title) == (2, "Worth")
    back = apps.restore(ANA, "worth", 1)
    assert (back.version, back.title) == (3, "What is a house worth?")
    found = apps.versions(ANA, "worth", limit=9).items
    assert [(each.number, each.restored) for each in found] == [(3, 1), (2, None), (1, None)]
    assert apps.version(ANA, "worth", 1).definition == found[0].definition
    assert [action for action, _ in actions(database)] == ["app.saved", "app.saved", "app.restored"]
    with pytest.raises(NotFound, match="1 to 3"):
        apps.restore(ANA, "worth", 4)


def test_who_saves_it_last_keeps_it(apps: AppService) -> None:
    apps.save(ANA, "worth", wanted())
    saved, is_new = apps.save(BEN, "worth", wanted())
    assert (saved.owner, is_new) == ("ben", True)
    assert apps.find(USER, "worth").owner_id == "ben"


def test_a_user_of_apps_uses_and_a_stranger_finds_nothing(apps: AppService) -> None:
    apps.save(ANA, "worth", wanted())
    assert apps.find(USER, "worth").app.may_manage is False
    assert [each.name for each in apps.list_for(USER, limit=9).items] == ["worth"]
    assert apps.list_for(STRANGER, limit=9).items == []
    for act in (apps.versions, apps.delete):
        with pytest.raises(Forbidden):
            act(USER, "worth", **({"limit": 9} if act == apps.versions else {}))
    for who in (STRANGER, Actor(id="x", kind="user", label="x")):
        with pytest.raises(NotFound, match="There is no app 'worth'"):
            apps.find(who, "worth")
    with pytest.raises(NotFound, match="There is no app 'absent'"):
        apps.find(USER, "absent")
    with pytest.raises(Forbidden):
        apps.find(Actor(id="k", kind="service_account", label="k"), "worth")


def test_only_who_may_call_a_model_makes_an_app_of_it(apps: AppService) -> None:
    for who, error in (
        (person("cy", Permission.APPS_MANAGE, Permission.MODEL_READ), Forbidden),
        (person("di", Permission.MODEL_PREDICT, Permission.MODEL_READ), Forbidden),
        (STRANGER, NotFound),
    ):
        with pytest.raises(error):
            apps.save(who, "worth", wanted())


def test_an_app_of_others_keeps_its_name_and_is_not_overwritten(apps: AppService) -> None:
    apps.save(ANA, "worth", wanted())
    with pytest.raises(Conflict, match="taken"):
        apps.save(STRANGER, "worth", wanted(model="elsewhere"))
    both = Actor(id="u", kind="user", label="u", grants=(*USER.grants, *STRANGER.grants))
    with pytest.raises(Forbidden):
        apps.save(both, "worth", wanted(model="elsewhere"))
    assert apps.find(USER, "worth").definition.model == "priced"


def test_a_name_that_is_none_is_refused(apps: AppService) -> None:
    with pytest.raises(InvalidInput, match="no app's name"):
        apps.save(ANA, "../worth", wanted())


def test_apps_go_with_their_model_and_when_they_are_deleted(
    apps: AppService, database: Database, subjects: Subjects
) -> None:
    gone: list[str] = []
    subjects.on_removed(lambda _session, kind, names: gone.extend(names) if kind == "app" else None)
    apps.save(ANA, "one", wanted())
    apps.save(ANA, "two", wanted())
    apps.delete(ANA, "one")
    with database.transaction() as session:
        apps.forget(session, "version", ["priced"])
        apps.forget(session, "model", ["priced"])
    assert gone == ["one", "two"]
    assert apps.by_name("two") is None
