"""Routes of personal tokens: what gateways enforce follows every change of roles, groups and owners."""

import contextlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, Forbidden, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.routing import CallScope, KeyRoute, ModelRoute
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.gateway.routing.index import Caller
from unshelf.manage.access.tables import GrantRow
from unshelf.manage.groups.service import Group
from unshelf.manage.groups.tables import GroupMemberRow
from unshelf.manage.keys.service import KeysService
from unshelf.manage.keys.tokens import token_hash
from unshelf.runtime.routing_file import read_routing
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")
RISK = project_scope("risk")
PUBLIC = CallScope(visibility="public")


def created(people: PeopleParts, database: Database, name: str = "ada", **bounds: list[str]) -> str:
    _, token = people.tokens.create(user_actor(people, database, name), name="t", **bounds)  # type: ignore[arg-type]
    return token


def route(folder: Path, token: str) -> KeyRoute | None:
    return read_routing(folder).keys.get(token_hash(token))


def calls(folder: Path, token: str) -> tuple[CallScope, ...]:
    found = route(folder, token)
    assert found is not None and found.calls is not None
    return found.calls


def granted(people: PeopleParts, name: str, role: str = "caller", scope: Scope = RISK) -> str:
    ada = people.users.find(name)
    return people.access.grant(ADMIN, holder_kind="user", holder=ada.id, role=role, scope=scope).id


def test_a_role_is_in_force_when_it_is_granted_and_until_it_is_revoked(
    people: PeopleParts, database: Database, tmp_path: Path
) -> None:
    token = created(people, database)
    assert calls(tmp_path, token) == (PUBLIC,)
    grant = granted(people, "ada")
    assert calls(tmp_path, token) == (CallScope(project="risk"), PUBLIC)
    people.access.revoke(ADMIN, grant)
    assert calls(tmp_path, token) == (PUBLIC,)


def test_a_group_s_role_is_in_force_for_its_members(people: PeopleParts, database: Database, tmp_path: Path) -> None:
    token, other = created(people, database), created(people, database, "grace")
    group = people.groups.create(ADMIN, name="team")
    people.groups.add_member(ADMIN, "team", "ada")
    people.access.grant(ADMIN, holder_kind="group", holder=group.id, role="caller", scope=RISK)
    assert CallScope(project="risk") in calls(tmp_path, token)
    assert calls(tmp_path, other) == (PUBLIC,)
    people.groups.add_member(ADMIN, "team", "grace")
    people.groups.remove_member(ADMIN, "team", "ada")
    assert calls(tmp_path, token) == (PUBLIC,)
    assert CallScope(project="risk") in calls(tmp_path, other)
    people.groups.remove(ADMIN, "team")
    assert calls(tmp_path, other) == (PUBLIC,)


def test_an_expired_role_is_taken_away_at_gateways(people: PeopleParts, database: Database, tmp_path: Path) -> None:
    token = created(people, database)
    granted(people, "ada")
    with database.transaction() as session:
        session.execute(update(GrantRow).values(expires_at=now()))
    assert CallScope(project="risk") in calls(tmp_path, token)  # until the loop looks
    people.tokens.expire_roles()
    assert calls(tmp_path, token) == (PUBLIC,)


def test_a_token_that_expired_or_was_revoked_has_no_route(
    people: PeopleParts, database: Database, tmp_path: Path
) -> None:
    first, second = created(people, database), created(people, database)
    token = people.tokens.list_of(people.users.find("ada").id, limit=9).items[0]
    people.tokens.revoke(ADMIN, token.id)
    assert route(tmp_path, first) is None and route(tmp_path, second) is not None
    people.users.deactivate(ADMIN, "ada")
    assert route(tmp_path, second) is None


def test_keys_and_tokens_share_the_shards(
    people: PeopleParts, database: Database, keys: KeysService, tmp_path: Path
) -> None:
    tokens = [created(people, database) for _ in range(40)]
    made = [keys.create(ADMIN, name="k", role="predict", models=None, expires_in_seconds=None)[1] for _ in range(40)]
    assert set(read_routing(tmp_path).keys) == {token_hash(token) for token in tokens + made}


def test_metrics_and_deferred_predictions_of_everybody_take_a_role_in_the_installation(
    people: PeopleParts, database: Database, tmp_path: Path
) -> None:
    token = created(people, database)
    granted(people, "ada", "owner")
    found = route(tmp_path, token)
    assert found is not None and found.permissions == ("model.predict",)
    granted(people, "ada", "administrator", INSTALLATION)
    found = route(tmp_path, token)
    assert found is not None and found.permissions == ("deferred.manage", "metrics.read", "model.predict")


_SCOPES = st.sampled_from([INSTALLATION, RISK, project_scope("fraud"), model_scope("a"), model_scope("b")])
_ROLES = st.sampled_from(["viewer", "caller", "contributor", "owner"])
_ACTS = st.sampled_from(["grant", "lend", "group", "leave", "join", "revoke", "expire", "key", "token"])
_STEPS = st.lists(st.tuples(_ACTS, _ROLES, _SCOPES), max_size=12)
_BOUNDS = st.fixed_dictionaries(
    {}, optional={"role": _ROLES, "projects": st.just(["risk"]), "models": st.sampled_from([["a"], ["*"]])}
)
_MODELS = [
    (name, ModelRoute(versions={}, project=project, visibility=visibility))
    for name in ("a", "b")
    for project in ("risk", "fraud", "default")
    for visibility in ("private", "internal", "public")
]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS, bounds=_BOUNDS)
def test_whatever_happens_to_roles_no_token_has_more_or_lasts_longer_than_its_owner(
    people: PeopleParts,
    keys: KeysService,
    database: Database,
    tmp_path: Path,
    *,
    steps: list[tuple[str, str, Scope]],
    bounds: dict[str, object],
) -> None:
    token = created(people, database, **bounds)  # type: ignore[arg-type]
    group = people.groups.create(ADMIN, name=f"g{token_hash(token)[:12]}")
    people.groups.add_member(ADMIN, group.name, "ada")
    for step, role, scope in steps:
        with contextlib.suppress(Conflict):  # the last owner of a project stays
            _do(people, database, group, (step, role, scope))
        owner = user_actor(people, database, "ada")
        acting, found = people.tokens.authenticate(token), route(tmp_path, token)
        assert acting is not None and found is not None
        _has_no_more(owner, acting, Caller(found))
        if step == "key":
            _makes_no_greater_key(keys, acting, role, scope)
        elif step == "token":
            _makes_no_greater_token(people, acting)
    _end(database)


def _do(people: PeopleParts, database: Database, group: Group, wanted: tuple[str, str, Scope]) -> None:
    step, role, scope = wanted
    ada, soon = people.users.find("ada"), now() + timedelta(hours=1)
    if step in ("grant", "lend"):
        expires_at = soon if step == "lend" else None
        people.access.grant(ADMIN, holder_kind="user", holder=ada.id, role=role, scope=scope, expires_at=expires_at)
    elif step == "group":
        people.access.grant(ADMIN, holder_kind="group", holder=group.id, role=role, scope=scope)
    elif step == "leave":
        people.groups.remove_member(ADMIN, group.name, "ada")
    elif step == "join":
        people.groups.add_member(ADMIN, group.name, "ada")
    elif step == "revoke":
        for each in people.access.granted_to("user", ada.id)[:1]:
            people.access.revoke(ADMIN, each.id)
    elif step == "expire":
        with database.transaction() as session:
            lent = GrantRow.expires_at.is_not(None)
            session.execute(update(GrantRow).where(lent).values(expires_at=now()))  # since the last look
        people.tokens.expire_roles()


def _makes_no_greater_key(keys: KeysService, acting: Actor, role: str, scope: Scope) -> None:
    """A key that a token makes may do no more than the token, and not for longer than the right to make it."""
    wanted = "caller" if role == "viewer" else "contributor" if role == "owner" else role
    project = scope.project or None
    try:
        key, secret = keys.create(
            acting,
            name="k",
            role=wanted,
            models=None,
            expires_in_seconds=None,
            project=project,  # type: ignore[arg-type]
        )
    except (Forbidden, NotFound):
        return
    made = keys.authenticate(secret)
    assert made is not None
    place = INSTALLATION if project is None else project_scope(project)
    given = [permission for permission in Permission if made.may(permission, place)]
    assert given and all(acting.may(permission, place) for permission in given)
    end = acting.end_of([Permission.KEYS_MANAGE, *given], place)
    assert key.expires_at == end and (end is None or end > now())


def _makes_no_greater_token(people: PeopleParts, acting: Actor) -> None:
    """A token with bounds makes none; any other makes such that end before it does."""
    ending = replace(acting, expires_at=now() + timedelta(minutes=1))
    for actor_ in (acting, ending):
        try:
            made, _ = people.tokens.create(actor_, name="t")
        except Forbidden:
            assert acting.bounds is not None
            return
        assert made.expires_at == actor_.expires_at
    with pytest.raises(Forbidden):
        people.tokens.create(ending, name="t", expires_in_seconds=120)


def _end(database: Database) -> None:
    """Leave no role behind, and no group, for the next example."""
    with database.transaction() as session:
        session.execute(delete(GrantRow))
        session.execute(delete(GroupMemberRow))


def _has_no_more(owner: Actor, acting: Actor, caller: Caller) -> None:
    can_call = Permission.MODEL_PREDICT in caller.key.permissions
    for name, model in _MODELS:
        scope = model_scope(name, project=model.project, visibility=model.visibility)  # type: ignore[arg-type]
        for permission in Permission:
            assert not acting.may(permission, scope) or owner.may(permission, scope)
        assert (can_call and caller.may_call(name, model)) == acting.may(Permission.MODEL_PREDICT, scope)
