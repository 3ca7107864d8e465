"""A grant covers its scope and all below it, and nothing beside it."""

import pytest

from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope


@pytest.mark.parametrize(
    ("grant", "wanted", "covers"),
    [
        (INSTALLATION, INSTALLATION, True),
        (INSTALLATION, model_scope("iris"), True),
        (project_scope(), model_scope("iris"), True),
        (project_scope("risk"), model_scope("iris"), False),
        (project_scope(), INSTALLATION, False),
        (model_scope("iris"), model_scope("iris"), True),
        (model_scope("credit-*"), model_scope("credit-risk"), True),
        (model_scope("credit-*"), model_scope("iris"), False),
        (model_scope("IRIS"), model_scope("iris"), False),
        (model_scope("*"), project_scope(), False),
        (model_scope("*", project="risk"), model_scope("iris"), False),
    ],
)
def test_a_grant_covers_its_scope(grant: Scope, wanted: Scope, covers: bool) -> None:
    assert grant.covers(wanted) is covers


def test_a_scope_is_a_phrase_in_a_message() -> None:
    assert [str(scope) for scope in (INSTALLATION, project_scope("risk"), model_scope("iris"))] == [
        "the installation", "the project 'risk'", "the model 'iris'",
    ]  # fmt: skip
