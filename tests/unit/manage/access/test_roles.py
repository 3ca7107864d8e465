"""Roles include the ones below them, and grants reach as far as their patterns."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.scopes import INSTALLATION, model_scope, project_scope
from unshelf.manage.access.roles import BUILT_IN, Roles, grants_of, permissions_of


def test_each_role_includes_the_one_below() -> None:
    assert permissions_of("predict") < permissions_of("deploy") < permissions_of("admin") == frozenset(Permission)


def test_only_admin_manages_keys() -> None:
    assert Permission.KEYS_MANAGE not in permissions_of("deploy")


def test_who_may_change_something_may_see_it() -> None:
    own = Roles({"keeper": ["keys.manage", "model.deploy"]}).permissions_of("keeper")
    assert own == {
        Permission.KEYS_MANAGE,
        Permission.KEYS_READ,
        Permission.MODEL_DEPLOY,
        Permission.DEPLOYS_READ,
    }


def test_an_auditor_reads_everything_and_changes_nothing() -> None:
    allowed = permissions_of("auditor") or BUILT_IN.permissions_of("auditor")
    assert {each for each in allowed if each.rpartition(".")[2] not in ("read", "inspect")} == set()
    assert {each for each in Permission if each.endswith(".read")} <= allowed


def test_an_unknown_role_allows_nothing() -> None:
    assert permissions_of("root") == frozenset()


def test_a_role_on_models_is_granted_on_each_pattern() -> None:
    assert [grant.scope for grant in grants_of("predict", None)] == [INSTALLATION]
    assert [grant.scope for grant in grants_of("predict", ["iris", "credit-*"])] == [
        model_scope("iris", project=""),
        model_scope("credit-*", project=""),
    ]
    assert grants_of("predict", []) == ()


def test_a_role_in_a_project_reaches_its_models_alone() -> None:
    assert [grant.scope for grant in grants_of("contributor", None, "risk")] == [project_scope("risk")]
    assert [grant.scope for grant in grants_of("caller", ["iris"], "risk")] == [model_scope("iris", project="risk")]


@pytest.mark.parametrize(("old", "new"), [("predict", "caller"), ("deploy", "contributor"), ("admin", "administrator")])
def test_names_of_earlier_releases_mean_todays_roles(old: str, new: str) -> None:
    assert BUILT_IN.find(old) is BUILT_IN.find(new)
    assert permissions_of(old) == permissions_of(new)


def test_who_only_reads_changes_nothing() -> None:
    reading = {each for each in Permission if each.endswith((".read", ".inspect"))}
    for role in ("viewer", "auditor"):
        assert permissions_of(role) <= reading
    assert permissions_of("validator") - reading == {Permission.MODEL_CHECK, Permission.COMMENTS_WRITE}


def test_own_roles_come_by_configuration_and_take_no_name_away() -> None:
    roles = Roles({"dispatcher": ["model.read", "alerts.manage"]})
    assert roles.find("dispatcher").permissions == {Permission.MODEL_READ, Permission.ALERTS_MANAGE}
    with pytest.raises(ValueError, match="built in"):
        Roles({"viewer": []})
    with pytest.raises(ValueError, match=r"there are not: model\.reed"):
        Roles({"reader": ["model.reed"]})
    with pytest.raises(InvalidInput, match="no role 'boss'"):
        roles.find("boss")
