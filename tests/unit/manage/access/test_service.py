"""Grants: nobody gives more than they have, roles come and go with what they allow, and end at their moment."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.roles import Roles
from unshelf.manage.access.service import AccessService
from unshelf.manage.access.tables import GrantRow

ROOT = actor("admin", id="admin", name="admin")
RISK, IRIS = project_scope("risk"), model_scope("iris", project="risk")


@pytest.fixture
def access(tmp_path: Path) -> Iterator[AccessService]:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    with database.transaction() as session:
        place_model(session, "iris", "risk")
    yield AccessService(database, EventStore(database), Publisher(database, tmp_path), Roles())
    database.dispose()


def user(access: AccessService, name: str, *groups: str) -> Actor:
    """A user with what they may do now."""
    with access._database.read() as session:
        return Actor(id=name, kind="user", label=name, grants=access.grants_for(session, name, groups))


def test_a_role_allows_what_it_says_where_it_was_granted(access: AccessService) -> None:
    assert not user(access, "ana").may(Permission.MODEL_DEPLOY, IRIS)
    granted = access.grant(ROOT, holder_kind="user", holder="ana", role="contributor", scope=RISK)
    assert user(access, "ana").may(Permission.MODEL_DEPLOY, IRIS)
    assert not user(access, "ana").may(Permission.MODEL_DEPLOY, model_scope("rose", project="other"))
    assert not user(access, "ben").may(Permission.MODEL_DEPLOY, IRIS)
    access.revoke(ROOT, granted.id)
    assert not user(access, "ana").may(Permission.MODEL_DEPLOY, IRIS)


def test_roles_of_groups_are_those_of_their_members(access: AccessService) -> None:
    access.grant(ROOT, holder_kind="group", holder="g1", role="viewer", scope=RISK)
    assert user(access, "ana", "g1").may(Permission.PROJECT_READ, RISK)
    assert not user(access, "ana").may(Permission.PROJECT_READ, RISK)


def test_a_role_on_a_model_stays_with_it_when_it_moves(access: AccessService) -> None:
    access.grant(ROOT, holder_kind="user", holder="ana", role="caller", scope=IRIS)
    assert user(access, "ana").may(Permission.MODEL_PREDICT, model_scope("iris", project="other"))


def test_everybody_sees_internal_models_calls_public_ones_and_begins_projects(access: AccessService) -> None:
    anybody = user(access, "zoe")
    allowed = {
        visibility: [
            permission
            for permission in (Permission.MODEL_READ, Permission.MODEL_PREDICT, Permission.MODEL_INSPECT)
            if anybody.may(permission, replace(IRIS, visibility=visibility))
        ]
        for visibility in ("private", "internal", "public")
    }  # fmt: skip
    assert allowed == {
        "private": [], "internal": [Permission.MODEL_READ], "public": [Permission.MODEL_READ, Permission.MODEL_PREDICT],
    }  # fmt: skip
    assert anybody.may(Permission.PROJECTS_CREATE)


def test_a_role_ends_at_its_moment(access: AccessService) -> None:
    access.grant(
        ROOT, holder_kind="user", holder="ana", role="caller", scope=IRIS, expires_at=now() + timedelta(days=7)
    )
    assert user(access, "ana").may(Permission.MODEL_PREDICT, IRIS)
    with access._database.transaction() as session:
        session.query(GrantRow).one().expires_at = now() - timedelta(seconds=1)
    assert not user(access, "ana").may(Permission.MODEL_PREDICT, IRIS)
    assert access.granted_on(IRIS) == access.granted_to("user", "ana") == []
    with pytest.raises(InvalidInput, match="expired already"):
        access.grant(ROOT, holder_kind="user", holder="ana", role="caller", scope=IRIS, expires_at=now())


def test_the_same_role_again_is_one_role(access: AccessService) -> None:
    for _ in range(2):
        access.grant(ROOT, holder_kind="user", holder="ana", role="viewer", scope=RISK)
    (granted,) = access.granted_on(RISK)
    assert (granted.holder, granted.role, granted.scope, granted.created_by) == ("ana", "viewer", "risk", "admin")


def test_nobody_grants_or_takes_away_more_than_they_have(access: AccessService) -> None:
    access.grant(ROOT, holder_kind="user", holder="ana", role="owner", scope=RISK)
    auditor = access.grant(ROOT, holder_kind="user", holder="ben", role="auditor", scope=RISK)
    ana = user(access, "ana")
    access.grant(ana, holder_kind="user", holder="cleo", role="contributor", scope=RISK)
    with pytest.raises(Forbidden, match=r"audit\.read"):
        access.grant(ana, holder_kind="user", holder="cleo", role="auditor", scope=RISK)
    with pytest.raises(Forbidden):
        access.revoke(ana, auditor.id)
    with pytest.raises(Forbidden):
        access.grant(ana, holder_kind="user", holder="ana", role="owner", scope=project_scope("other"))
    with pytest.raises(InvalidInput, match="can't be granted"):
        access.grant(ROOT, holder_kind="user", holder="ana", role="administrator", scope=RISK)


def test_a_grant_of_another_project_is_as_one_that_there_is_not(access: AccessService) -> None:
    granted = access.grant(ROOT, holder_kind="user", holder="ana", role="owner", scope=RISK)
    for grant_id in (granted.id, "none"):
        with pytest.raises(NotFound):
            access.revoke(user(access, "zoe"), grant_id)


def test_each_change_is_told_with_whose_roles_change(access: AccessService) -> None:
    seen: list[tuple[str, str]] = []
    access.on_change(lambda _session, kind, holder: seen.append((kind, holder)))
    granted = access.grant(ROOT, holder_kind="group", holder="g1", role="viewer", scope=RISK)
    access.revoke(ROOT, granted.id)
    with access._database.transaction() as session:
        access.forget(session, "user", "ana")
    assert seen == [("group", "g1"), ("group", "g1"), ("user", "ana")]


SCOPES: list[Scope] = [INSTALLATION, RISK, IRIS, project_scope("other"), model_scope("rose", project="other")]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["admin", "ana", "ben"]), st.sampled_from(["ana", "ben", "g1"]),
        st.sampled_from([role.name for role in Roles().all()]), st.sampled_from(SCOPES), st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES, bounds=st.lists(st.tuples(st.sampled_from(SCOPES), st.sampled_from(list(Permission)))))
def test_no_sequence_of_role_changes_leaves_a_token_with_more_than_its_owner_has(
    access: AccessService, changes: list[tuple[str, str, str, Scope, bool]], bounds: list[tuple[Scope, Permission]]
) -> None:
    """Given a token with any bounds, when people give and take roles as they may, then it may do what its owner may, or less; and
    nobody but the administrator ever has what the administrator did not give."""
    with access._database.transaction() as session:
        session.query(GrantRow).delete()
    token_bounds = tuple(Grant(permissions=frozenset({permission}), scope=scope) for scope, permission in bounds)
    given_by_admin = False
    for who, holder, role, scope, is_grant in changes:
        acting = ROOT if who == "admin" else user(access, who, "g1")
        kind = "group" if holder == "g1" else "user"
        try:
            if is_grant:
                access.grant(acting, holder_kind=kind, holder=holder, role=role, scope=scope)  # type: ignore[arg-type]
                given_by_admin |= who == "admin"
            else:
                for granted in access.granted_on(scope):
                    access.revoke(acting, granted.id)
        except (Conflict, Forbidden, InvalidInput, NotFound):
            pass
        for name in ("ana", "ben"):
            owner = user(access, name, "g1")
            token = replace(owner, bounds=token_bounds)
            for permission in Permission:
                for asked in SCOPES:
                    assert not token.may(permission, asked) or owner.may(permission, asked)
            assert given_by_admin or not owner.may(Permission.MEMBERS_MANAGE, RISK)


def test_a_project_keeps_an_owner_whose_role_does_not_end(access: AccessService) -> None:
    first = access.grant(ROOT, holder_kind="user", holder="ana", role="owner", scope=RISK)
    access.grant(ROOT, holder_kind="user", holder="ben", role="owner", scope=RISK, expires_at=now() + timedelta(days=1))
    with pytest.raises(Conflict, match="last owner"):
        access.revoke(ROOT, first.id)
    with pytest.raises(Conflict, match="last owner"):
        access.grant(
            ROOT, holder_kind="user", holder="ana", role="owner", scope=RISK, expires_at=now() + timedelta(days=1)
        )
    access.grant(ROOT, holder_kind="group", holder="g1", role="owner", scope=RISK)
    access.revoke(ROOT, first.id)
    assert [each.holder for each in access.granted_on(RISK)] == ["ben", "g1"]


def test_a_later_model_of_a_name_has_none_of_the_earlier_one_s_roles(access: AccessService) -> None:
    seen: list[tuple[str, str]] = []
    access.grant(ROOT, holder_kind="user", holder="ana", role="caller", scope=IRIS)
    access.grant(ROOT, holder_kind="user", holder="ana", role="caller", scope=RISK)
    access.on_change(lambda _session, kind, holder: seen.append((kind, holder)))
    with access._database.transaction() as session:
        access.forget_model(session, "iris", ROOT)
    assert (access.granted_on(IRIS), len(access.granted_on(RISK)), seen) == ([], 1, [("user", "ana")])


def test_what_a_temporary_owner_grants_ends_with_their_own_right(access: AccessService) -> None:
    end = now() + timedelta(hours=1)
    access.grant(ROOT, holder_kind="user", holder="ana", role="owner", scope=RISK, expires_at=end)
    ana = user(access, "ana")
    granted = access.grant(ana, holder_kind="user", holder="ben", role="owner", scope=RISK)
    assert granted.expires_at == end
    sooner = end - timedelta(minutes=5)
    assert (
        access.grant(ana, holder_kind="user", holder="ben", role="viewer", scope=RISK, expires_at=sooner).expires_at
        == sooner
    )
    with pytest.raises(Forbidden, match="at most"):
        access.grant(
            ana, holder_kind="user", holder="zoe", role="viewer", scope=RISK, expires_at=end + timedelta(seconds=1)
        )
    access.grant(ROOT, holder_kind="group", holder="g1", role="owner", scope=RISK)
    lasting = user(access, "ana", "g1")  # the group's right does not end
    assert access.grant(lasting, holder_kind="user", holder="zoe", role="viewer", scope=RISK).expires_at is None


def test_no_role_is_granted_on_a_model_that_there_is_not(access: AccessService) -> None:
    access.know_models(lambda _session, model: model == "iris")
    access.grant(ROOT, holder_kind="user", holder="ana", role="caller", scope=IRIS)
    with pytest.raises(NotFound, match="'rose', or you may not see it"):
        access.grant(ROOT, holder_kind="user", holder="ana", role="caller", scope=model_scope("rose"))
