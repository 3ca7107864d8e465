"""The bounds of a personal token."""

from typing import Any

import pytest

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope
from unshelf.manage.access.roles import Roles, permissions_of
from unshelf.manage.personal_tokens.personal_token import bounds_of
from unshelf.manage.personal_tokens.tables import PersonalTokenRow

ALL = frozenset(Permission)


def row(**values: Any) -> PersonalTokenRow:
    return PersonalTokenRow(**{"role": None, "permissions": None, "projects": None, "models": None, **values})


def test_a_token_without_bounds_is_good_for_all_of_its_owner_s() -> None:
    assert bounds_of(row(), Roles()) is None


@pytest.mark.parametrize(
    ("given", "permissions", "scopes"),
    [
        ({"role": "caller"}, permissions_of("caller"), [INSTALLATION]),
        ({"permissions": ["model.read"]}, {Permission.MODEL_READ}, [INSTALLATION]),
        ({"projects": ["risk", "fraud"]}, ALL, [project_scope("risk"), project_scope("fraud")]),
        ({"models": ["a*"]}, ALL, [model_scope("a*", project="")]),
        ({"projects": ["risk"], "models": ["a", "b"]}, ALL, [model_scope("a", project="risk"), model_scope("b", project="risk")]),
        ({"role": "gone"}, frozenset(), [INSTALLATION]),
        ({"permissions": ["gone.too"]}, frozenset(), [INSTALLATION]),
        ({"projects": []}, ALL, []),
    ],
)  # fmt: skip
def test_bounds_are_the_permissions_on_each_scope(
    given: dict[str, Any], permissions: frozenset[Permission], scopes: list[Scope]
) -> None:
    found = bounds_of(row(**given), Roles())
    assert found is not None
    assert [grant.scope for grant in found] == scopes
    assert all(grant.permissions == permissions for grant in found)
