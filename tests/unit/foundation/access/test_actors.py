"""Actors: what is granted, where, and what a refusal says."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import SYSTEM, Actor, ActorKind, Grant, end_within, stored_actor
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope

READ = Permission.MODEL_READ


def ana(*scopes: Scope) -> Actor:
    """A user who may read models in these scopes."""
    grants = tuple(Grant(permissions=frozenset({READ}), scope=scope) for scope in scopes)
    return Actor(id="01abc", kind="user", label="ana (01abc)", grants=grants)


@pytest.mark.parametrize(
    ("granted", "asked", "may"),
    [
        (INSTALLATION, INSTALLATION, True),
        (INSTALLATION, project_scope(), True),
        (INSTALLATION, model_scope("iris"), True),
        (project_scope(), INSTALLATION, False),
        (project_scope(), project_scope("other"), False),
        (project_scope(), model_scope("iris"), True),
        (project_scope("other"), model_scope("iris"), False),
        (model_scope("iris"), model_scope("iris"), True),
        (model_scope("iris"), model_scope("iris-2"), False),
        (model_scope("credit-*"), model_scope("credit-risk"), True),
        (model_scope("*"), project_scope(), False),
        (model_scope("*"), model_scope("iris", project="other"), False),
        (model_scope("CREDIT"), model_scope("credit"), False),
        (model_scope("*", project=""), model_scope("iris", project="other"), True),
        (model_scope("*", project=""), project_scope("other"), False),
        (model_scope("*", project=""), INSTALLATION, False),
        (model_scope("*", project="", visibility="internal"), model_scope("iris"), False),
        (model_scope("*", project="", visibility="internal"), model_scope("iris", visibility="internal"), True),
        (model_scope("*", project="", visibility="internal"), model_scope("iris", visibility="public"), True),
        (model_scope("*", project="", visibility="public"), model_scope("iris", visibility="internal"), False),
    ],
)
def test_a_grant_covers_its_scope_and_what_lies_in_it(granted: Scope, asked: Scope, may: bool) -> None:
    assert ana(granted).may(READ, asked) is may


def test_without_grants_nothing_is_allowed() -> None:
    assert not SYSTEM.may(READ)
    assert not ana().may_somewhere(READ)


def test_a_refusal_names_the_permission_and_the_scope() -> None:
    with pytest.raises(Forbidden, match=r"'ana \(01abc\)' does not have the permission model.delete\."):
        ana(INSTALLATION).must(Permission.MODEL_DELETE, model_scope("iris"))
    with pytest.raises(Forbidden, match=r"the permission model.read for the model 'iris'\."):
        ana(model_scope("wine")).must(READ, model_scope("iris"))
    with pytest.raises(Forbidden, match=r"the permission model.read for the installation\."):
        ana(model_scope("wine")).must(READ)


@pytest.mark.parametrize("kind", ["user", "service_account", "system"])
def test_a_stored_actor_is_what_it_was(kind: ActorKind) -> None:
    assert stored_actor(id="01abc", kind=kind, label="admin") == Actor(id="01abc", kind=kind, label="admin")


def test_a_label_alone_as_earlier_releases_stored_it_says_what_it_can() -> None:
    def of_label(label: str) -> Actor:
        return stored_actor(id=None, kind=None, label=label)

    assert of_label("ana (01abc)") == Actor(id="01abc", kind="service_account", label="ana (01abc)")
    assert of_label("admin").id == "admin"
    assert of_label("system") is SYSTEM


def test_a_token_is_good_for_what_its_owner_was_granted_and_it_has_itself() -> None:
    def with_bounds(*scopes: Scope) -> Actor:
        bounds = tuple(Grant(permissions=frozenset({READ}), scope=scope) for scope in scopes)
        return replace(ana(project_scope("risk"), model_scope("iris")), bounds=bounds)

    token = with_bounds(model_scope("credit-*", project="risk"))
    assert token.may(READ, model_scope("credit-2", project="risk"))
    assert not token.may(READ, model_scope("fraud", project="risk"))
    assert not token.may(READ, model_scope("iris"))
    assert not with_bounds().may_somewhere(READ)
    assert not with_bounds(INSTALLATION).may(READ), "the owner does not have it there"


def test_what_a_user_may_not_see_is_as_what_there_is_not() -> None:
    with pytest.raises(NotFound):
        ana(model_scope("wine")).must_see(model_scope("iris"))
    with pytest.raises(NotFound):
        ana(model_scope("wine")).must_see(project_scope("risk"))
    ana(model_scope("wine")).must_see(model_scope("wine"))
    replace(ana(), kind="service_account").must_see(model_scope("iris"))


def test_a_right_ends_when_the_last_grant_of_it_does() -> None:
    soon = datetime(2031, 1, 1, tzinfo=UTC)
    late = datetime(2032, 1, 1, tzinfo=UTC)
    read, deploy = frozenset({Permission.MODEL_READ}), frozenset({Permission.MODEL_DEPLOY})
    grants = (
        Grant(permissions=read | deploy, scope=project_scope("risk"), expires_at=soon),
        Grant(permissions=read, scope=project_scope("risk"), expires_at=late),
    )
    ana = Actor(id="a", kind="user", label="ana", grants=grants)
    assert ana.end_of(read, project_scope("risk")) == late
    assert ana.end_of(read | deploy, project_scope("risk")) == soon
    assert ana.end_of(read, project_scope("other")) is None
    lasting = replace(ana, grants=(*grants, Grant(permissions=read | deploy, scope=INSTALLATION)))
    assert lasting.end_of(read | deploy, project_scope("risk")) is None


def test_an_end_is_no_later_than_what_it_hangs_on() -> None:
    soon, late = datetime(2031, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)
    assert [end_within(*each, "A key") for each in ((None, None), (None, soon), (soon, late), (late, None))] == [
        None, soon, soon, late,
    ]  # fmt: skip
    with pytest.raises(Forbidden, match="A key may last until 2031-01-01"):
        end_within(late, soon, "A key")
