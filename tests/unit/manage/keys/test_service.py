"""The life of a key: made, shown once, recognised, expired, revoked; and what gateways hear of it."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.routing import KeyRoute, RequestLimits
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import INSTALLATION, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.roles import KeyRole, permissions_of
from unshelf.manage.audit.service import AuditService
from unshelf.manage.keys.api_key import ApiKey
from unshelf.manage.keys.service import KeysService
from unshelf.manage.keys.tokens import new_token, token_hash
from unshelf.manage.limits import Limits
from unshelf.runtime.routing_file import read_routing

ADMIN = actor(id="admin", name="admin")


def create(
    keys: KeysService, *, role: KeyRole = "predict", models: list[str] | None = None, seconds: float | None = None
) -> tuple[str, str]:
    row, token = keys.create(ADMIN, name="ci", role=role, models=models, expires_in_seconds=seconds)
    return row.id, token


def listed(keys: KeysService) -> list[ApiKey]:
    return keys.list_for(ADMIN, limit=100).items


def published(folder: Path) -> dict[str, KeyRoute]:
    return read_routing(folder).keys


def test_a_token_is_recognisable_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(token.startswith("unshelf_") and len(token) == 51 for token in tokens)


def test_a_new_key_is_recognised_by_its_token_alone(keys: KeysService) -> None:
    key_id, token = create(keys, role="deploy", models=["credit-*"])
    assert keys.authenticate(token) == actor("deploy", ["credit-*"], id=key_id, name="ci")
    assert keys.authenticate(token[:-1]) is None
    assert keys.authenticate(token_hash(token)) is None


def test_limits_are_stored_published_and_audited(keys: KeysService, tmp_path: Path) -> None:
    limits = Limits(rate=100, concurrency=10)
    row, token = keys.create(ADMIN, name="job", role="predict", models=None, expires_in_seconds=None, limits=limits)
    assert row.limits == limits
    (route,) = [route for route in published(tmp_path).values() if route.id == row.id]
    assert route.limits == RequestLimits(rate=100.0, concurrency=10)
    assert keys.authenticate(token) is not None


@pytest.mark.parametrize("wrong", [{}, {"burst": 3}, {"rate": 0}, {"concurrency": 0}, {"rate": 1, "speed": 2}])
def test_limits_that_can_not_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate(wrong)


def test_the_token_is_nowhere_on_disk(keys: KeysService, tmp_path: Path) -> None:
    _, token = create(keys)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path.name for path in files if token.encode() in path.read_bytes()]


def test_gateways_hear_of_a_key_at_once(keys: KeysService, tmp_path: Path) -> None:
    key_id, token = create(keys, models=["iris"], seconds=60)
    route = published(tmp_path)[token_hash(token)]
    assert (route.id, route.permissions, route.models) == (key_id, ("model.predict",), ["iris"])
    assert route.expires_at is not None
    assert abs(route.expires_at - now().timestamp() - 60) < 5


def test_a_revoked_key_is_good_for_nothing_from_then_on(keys: KeysService, tmp_path: Path) -> None:
    key_id, token = create(keys)
    _, other = create(keys)
    keys.revoke(ADMIN, key_id)
    assert keys.authenticate(token) is None
    assert list(published(tmp_path)) == [token_hash(other)]


def test_revoking_twice_keeps_the_first_moment_and_one_trace(keys: KeysService, audit: AuditService) -> None:
    key_id, _ = create(keys)
    keys.revoke(ADMIN, key_id)
    first = listed(keys)[0].revoked_at
    keys.revoke(ADMIN, key_id)
    assert listed(keys)[0].revoked_at == first is not None
    assert [event.action for event in audit.find(limit=10).items] == ["key.revoked", "key.created"]


def test_an_expired_key_is_good_for_nothing(
    keys: KeysService, database: Database, publisher: Publisher, tmp_path: Path
) -> None:
    _, token = create(keys, seconds=60)
    _, other = create(keys, seconds=3600)
    with database.transaction() as session:
        session.execute(
            text("UPDATE keys SET expires_at = :moment WHERE token_sha256 = :hash"),
            {"moment": (now() - timedelta(seconds=1)).replace(tzinfo=None), "hash": token_hash(token)},
        )
    publisher.verify()
    assert keys.authenticate(token) is None
    assert token_hash(token) not in published(tmp_path)
    assert token_hash(other) in published(tmp_path)


def test_an_unknown_key_can_not_be_revoked(keys: KeysService) -> None:
    with pytest.raises(NotFound):
        keys.revoke(ADMIN, "nobody")


def test_the_administrator_can_not_be_locked_out(keys: KeysService) -> None:
    keys.ensure_admin("t" * 40)
    with pytest.raises(Conflict, match="can't be revoked"):
        keys.revoke(ADMIN, "admin")


def test_another_admin_token_replaces_the_last_one(keys: KeysService, audit: AuditService) -> None:
    keys.ensure_admin("first" * 8)
    keys.ensure_admin("first" * 8)
    keys.ensure_admin("second" * 8)
    assert keys.authenticate("first" * 8) is None
    assert keys.authenticate("second" * 8) == ADMIN
    assert [event.action for event in audit.find(limit=10).items] == ["key.rotated", "key.created"]


@pytest.mark.parametrize(
    ("name", "role", "models", "says"),
    [
        ("", "predict", None, "1 to 100 printable"),
        ("a\nb", "predict", None, "printable"),
        ("admin", "predict", None, "belongs to the key"),
        ("ci", "admin", ["iris"], "good for everything"),
        ("ci", "predict", [], "no model at all"),
        ("ci", "predict", ["../x"], "matches no model name"),
        ("ci", "predict", ["Iris"], "matches no model name"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    keys: KeysService, name: str, role: KeyRole, models: list[str] | None, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        keys.create(ADMIN, name=name, role=role, models=models, expires_in_seconds=None)
    assert listed(keys) == []


def test_the_trail_names_who_made_the_key(keys: KeysService, audit: AuditService) -> None:
    by = actor(id="01abc", name="ana")
    row, _ = keys.create(by, name="ci", role="predict", models=None, expires_in_seconds=None)
    event = audit.find(limit=1).items[0]
    assert (event.actor_label, event.action, event.subject.name) == ("ana (01abc)", "key.created", row.id)
    assert row.created_by == "ana (01abc)"


def test_a_list_of_keys_goes_on_where_the_page_before_ended(keys: KeysService) -> None:
    """Given five keys, when they are read two at a time, then each comes once and in order."""
    ids = [create(keys)[0] for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    sizes: list[int] = []
    while True:
        page = keys.list_for(ADMIN, limit=2, cursor=cursor)
        seen += [key.id for key in page.items]
        sizes.append(len(page.items))
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert (seen, sizes) == (ids, [2, 2, 1])


def test_an_actor_loses_its_permissions_with_its_key(keys: KeysService) -> None:
    key_id, token = create(keys, role="deploy")
    holder = keys.authenticate(token)
    assert holder is not None
    assert keys.current(holder) == holder
    keys.revoke(ADMIN, key_id)
    assert keys.current(holder) is None


def test_a_key_ends_with_the_right_by_which_it_was_made(keys: KeysService) -> None:
    end = now() + timedelta(hours=1)
    grant = Grant(permissions=permissions_of("owner"), scope=project_scope("risk"), expires_at=end)
    owner = Actor(id="u1", kind="user", label="ana", grants=(grant,))
    made, _ = keys.create(owner, name="k", role="caller", models=None, expires_in_seconds=None, project="risk")
    assert made.expires_at == end
    sooner, _ = keys.create(owner, name="k", role="caller", models=None, expires_in_seconds=60, project="risk")
    assert sooner.expires_at is not None and sooner.expires_at < end
    with pytest.raises(Forbidden, match="A key may last until"):
        keys.create(owner, name="k", role="caller", models=None, expires_in_seconds=7200, project="risk")


def test_a_key_ends_with_the_token_or_key_by_which_it_was_made(keys: KeysService) -> None:
    """Given a token and a key that end, then neither can make a key for longer: else who has it for an hour has it for good."""
    end = now() + timedelta(hours=1)
    grant = Grant(permissions=permissions_of("administrator"), scope=INSTALLATION)
    by_token = Actor(id="u1", kind="user", label="ana", grants=(grant,), expires_at=end)
    made, secret = keys.create(by_token, name="k", role="administrator", models=None, expires_in_seconds=None)
    assert made.expires_at == end
    by_key = keys.authenticate(secret)
    assert by_key is not None
    next_one, _ = keys.create(by_key, name="next", role="caller", models=None, expires_in_seconds=None)
    assert next_one.expires_at == end
    for holder in (by_token, by_key):
        with pytest.raises(Forbidden, match="A key may last until"):
            keys.create(holder, name="k", role="caller", models=None, expires_in_seconds=7200)
