"""Callers are known by their tokens, hold the permission to predict, and reach only the models of their key."""

from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from tests.support.routes import hashed
from unshelf.contracts.routing import CallScope, KeyRoute, ModelRoute
from unshelf.gateway.access.callers import authenticate, authorize, bearer_token, holds_good_key
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.routing.index import Caller, RoutingWatcher, Table
from unshelf.runtime.routing_file import RoutingChange


def watcher(**fields: Any) -> RoutingWatcher:
    token = hashed("good")
    key = KeyRoute(**{"id": "k1", "name": "ci", "permissions": ("model.predict",), **fields})
    table = Table().changed(RoutingChange(generation=1, models={}, keys={token[:2]: {token: key}}))
    return cast(RoutingWatcher, SimpleNamespace(table=table))


def code_of(authorization: str | None, **fields: Any) -> str:
    with pytest.raises(ProblemError) as refused:
        authenticate(authorization, watcher(**fields))
    return refused.value.code


@pytest.mark.parametrize("header", ["Bearer good", "bearer good", "BEARER   good "])
def test_a_token_is_known_however_its_header_is_written(header: str) -> None:
    assert authenticate(header, watcher()).key.name == "ci"


def test_a_long_header_is_read_and_not_remembered() -> None:
    known = watcher()
    assert authenticate(f"Bearer {' ' * 60_000}good", known).key.name == "ci"
    assert known.table.callers == {}


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic good", "good", "Bearer other"])
def test_without_a_known_token_nobody_gets_in(header: str | None) -> None:
    assert code_of(header) == "unauthenticated"


def test_an_expired_token_is_refused_also_when_it_was_known_before() -> None:
    assert code_of("Bearer good", expires_at=1.0) == "unauthenticated"
    known = watcher()
    authenticate("Bearer good", known).expires_at = 1.0
    with pytest.raises(ProblemError, match="expired"):
        authenticate("Bearer good", known)


def test_a_key_is_good_until_it_is_revoked_or_expires() -> None:
    known = watcher()
    caller = authenticate("Bearer good", known)
    assert holds_good_key(caller, known.table)
    assert not holds_good_key(
        caller, known.table.changed(RoutingChange(generation=2, models={}, keys={hashed("good")[:2]: {}}))
    )
    caller.expires_at = 1.0
    assert not holds_good_key(caller, known.table)


def test_a_key_without_the_permission_is_forbidden() -> None:
    assert code_of("Bearer good", permissions=("metrics.read",)) == "forbidden"


def test_a_caller_is_looked_up_once() -> None:
    known = watcher()
    assert authenticate("Bearer good", known) is authenticate("Bearer good", known)


@pytest.mark.parametrize(
    ("patterns", "reference", "code"),
    [
        (None, "anything", ""),
        (["iris", "credit-*"], "credit-risk:3", ""),
        (["iris"], "iris@champion", ""),
        (["iris"], "rose", "forbidden"),
        ([], "iris", "forbidden"),
        (["iris"], "../iris", "not_found"),
    ],
)
def test_models_are_those_of_the_key(patterns: list[str] | None, reference: str, code: str) -> None:
    caller = Caller(KeyRoute(id="k", name="ci", models=patterns))
    for _ in range(2):  # a reference that was allowed is remembered, one that was refused is not
        try:
            authorize(caller, reference, Table())
        except ProblemError as error:
            assert error.code == code
        else:
            assert code == ""


def placed(**models: tuple[str, str]) -> Table:
    """A table of models, each in a project and with a visibility."""
    routes = {
        name: ModelRoute(versions={}, project=project, visibility=visibility)
        for name, (project, visibility) in models.items()
    }
    return Table().changed(RoutingChange(generation=1, models=dict(routes), keys={}))


PLACES = {
    "iris": ("risk", "private"),
    "rose": ("other", "private"),
    "tulip": ("other", "internal"),
    "wine": ("other", "public"),
}
SOMEBODY = KeyRoute(
    id="t", name="ana", permissions=("model.predict",),
    calls=(CallScope(project="risk"), CallScope(visibility="public")),
    sees=(CallScope(project="risk"), CallScope(visibility="internal")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("iris", ""), ("iris:3", ""), ("wine@champion", ""), ("tulip", "forbidden"), ("rose", "not_found"), ("none", "not_found"),
    ],
)  # fmt: skip
def test_somebody_calls_what_their_roles_and_the_visibility_of_models_say(reference: str, code: str) -> None:
    assert refusal(Caller(SOMEBODY), reference) == code


@pytest.mark.parametrize(("bound", "codes"), [
    (CallScope(model="wi*"), {"iris": "not_found", "wine": ""}),
    (CallScope(project="risk"), {"iris": "", "wine": "not_found"}),
    (CallScope(project="third"), {"iris": "not_found", "wine": "not_found"}),
])  # fmt: skip
def test_a_token_with_bounds_opens_no_more_than_both(bound: CallScope, codes: dict[str, str]) -> None:
    caller = Caller(msgspec.structs.replace(SOMEBODY, bounds=(bound,)))
    assert {reference: refusal(caller, reference) for reference in codes} == codes


def test_a_model_that_moves_to_another_project_takes_its_callers_along_or_leaves_them() -> None:
    token, key = hashed("good"), SOMEBODY
    table = placed(**PLACES).changed(RoutingChange(generation=2, models={}, keys={token[:2]: {token: key}}))
    caller = authenticate("Bearer good", cast(RoutingWatcher, SimpleNamespace(table=table)))
    assert refusal(caller, "iris", table) == ""
    moved = table.changed(
        RoutingChange(generation=3, models={"iris": ModelRoute(versions={}, project="other")}, keys={})
    )
    assert refusal(caller, "iris", moved) == "not_found"


def refusal(caller: Caller, reference: str, table: Table | None = None) -> str:
    try:
        authorize(caller, reference, table or placed(**PLACES))
    except ProblemError as error:
        return error.code
    return ""


def test_a_refused_header_says_how_to_write_it() -> None:
    with pytest.raises(ProblemError) as refused:
        bearer_token("Basic abc")
    assert ("www-authenticate", "Bearer") in refused.value.headers
    assert "Bearer TOKEN" in refused.value.hint
