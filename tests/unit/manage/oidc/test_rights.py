"""The table of what the provider's groups give, and what is left out of it."""

import pytest

from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.access.scopes import INSTALLATION, model_scope, project_scope
from unshelf.foundation.database.engine import Database
from unshelf.manage.access.roles import Roles
from unshelf.manage.oidc.rights import ProviderGroups, existing

TABLE = {
    "Risk Team": ["group:risk", "role:contributor@project:credit", "role:caller@model:score"],
    "Everybody": ["role:viewer", "group:all"],
    "Nothing": [],
}


def test_groups_give_together_what_each_gives() -> None:
    groups = ProviderGroups(TABLE, Roles())
    rights = groups.rights_of(["Risk Team", "Everybody", "Unknown"])
    assert rights.groups == {"risk", "all"}
    assert rights.roles == {
        ("contributor", project_scope("credit")), ("caller", model_scope("score")), ("viewer", INSTALLATION),
    }  # fmt: skip
    assert not groups.rights_of(["unknown", "risk team"]).roles
    assert groups.knows(["x", "Nothing"]) and not groups.knows(["x"]) and not groups.knows([])


@pytest.mark.parametrize(
    "target",
    [
        "viewer", "", "group:", "group:With Space", "role:nothing", "role:viewer@", "role:viewer@project:", "role:viewer@team:x",
        "role:administrator@project:credit", "roles:viewer",
    ],
)  # fmt: skip
def test_a_target_that_can_not_be_is_named(target: str) -> None:
    with pytest.raises(ValueError, match="the group 'Risk' can't give"):
        ProviderGroups({"Risk": [target]}, Roles())


def test_own_roles_and_old_names_do() -> None:
    roles = Roles({"reviewer": ["model.read"]})
    found = ProviderGroups({"a": ["role:reviewer", "role:admin"]}, roles).rights_of(["a"])
    assert {role for role, _ in found.roles} == {"reviewer", "administrator"}


def test_what_there_is_not_gives_nothing_yet(database: Database) -> None:
    wanted = [("caller", model_scope("score")), ("viewer", project_scope("credit")), ("viewer", INSTALLATION)]
    models: list[str] = []
    with database.transaction() as session:
        found, missing = existing(session, wanted, lambda _session, model: model in models)
        assert found == [("viewer", INSTALLATION)]
        assert missing == ["caller on the model 'score'", "viewer on the project 'credit'"]
        place_model(session, "score", "credit")
        session.flush()
        assert len(existing(session, wanted, lambda _session, model: model in models)[1]) == 2, (
            "a name that only had a model"
        )
        models.append("score")
        found, _ = existing(session, wanted, lambda _session, model: model in models)
    assert ("caller", model_scope("score", project="credit")) in found
