"""The life of a key: made, shown once, recognised, expired, revoked; and what gateways hear of it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from unshelf.foundation.clock import now
from unshelf.foundation.database import Database
from unshelf.foundation.errors import Conflict, InvalidInput, NotFound
from unshelf.manage.access import Principal, Role
from unshelf.manage.audit.service import AuditService
from unshelf.manage.keys.service import KeysService
from unshelf.manage.keys.tokens import new_token, token_hash
from unshelf.manage.limits import Limits

ADMIN = Principal(id="admin", name="admin", role="admin")


def create(
    keys: KeysService, *, role: Role = "predict", models: list[str] | None = None, seconds: float | None = None
) -> tuple[str, str]:
    row, token = keys.create(ADMIN, name="ci", role=role, models=models, expires_in_seconds=seconds)
    return row.id, token


def published(folder: Path) -> dict[str, dict[str, object]]:
    table: dict[str, dict[str, dict[str, object]]] = json.loads((folder / "routing.json").read_bytes())
    return table.get("keys", {})


def test_a_token_is_recognisable_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(token.startswith("unshelf_") and len(token) == 51 for token in tokens)


def test_a_new_key_is_recognised_by_its_token_alone(keys: KeysService) -> None:
    key_id, token = create(keys, role="deploy", models=["credit-*"])
    assert keys.authenticate(token) == Principal(id=key_id, name="ci", role="deploy", models=("credit-*",))
    assert keys.authenticate(token[:-1]) is None
    assert keys.authenticate(token_hash(token)) is None


def test_limits_are_stored_published_and_audited(keys: KeysService, tmp_path: Path) -> None:
    limits = Limits(rate=100, concurrency=10)
    row, token = keys.create(ADMIN, name="job", role="predict", models=None, expires_in_seconds=None, limits=limits)
    assert row.limits == {"rate": 100, "concurrency": 10}
    (route,) = [route for route in published(tmp_path).values() if route["id"] == row.id]
    assert route["limits"] == {"rate": 100.0, "concurrency": 10}
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
    assert (route["id"], route["role"], route["models"]) == (key_id, "predict", ["iris"])
    assert isinstance(route["expires_at"], float)
    assert abs(route["expires_at"] - now().timestamp() - 60) < 5


def test_a_revoked_key_is_good_for_nothing_from_then_on(keys: KeysService, tmp_path: Path) -> None:
    key_id, token = create(keys)
    _, other = create(keys)
    keys.revoke(ADMIN, key_id)
    assert keys.authenticate(token) is None
    assert list(published(tmp_path)) == [token_hash(other)]


def test_revoking_twice_keeps_the_first_moment_and_one_trace(keys: KeysService, audit: AuditService) -> None:
    key_id, _ = create(keys)
    keys.revoke(ADMIN, key_id)
    first = keys.everything()[0].revoked_at
    keys.revoke(ADMIN, key_id)
    assert keys.everything()[0].revoked_at == first is not None
    assert [event.action for event in audit.recent(10)] == ["key.revoked", "key.created"]


def test_an_expired_key_is_good_for_nothing(keys: KeysService, database: Database, tmp_path: Path) -> None:
    _, token = create(keys, seconds=60)
    _, other = create(keys, seconds=3600)
    with database.transaction() as session:
        session.execute(
            text("UPDATE keys SET expires_at = :moment WHERE token_sha256 = :hash"),
            {"moment": (now() - timedelta(seconds=1)).replace(tzinfo=None), "hash": token_hash(token)},
        )
    create(keys)  # any change publishes
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
    principal = keys.authenticate("second" * 8)
    assert principal is not None
    assert (principal.id, principal.role, principal.models) == ("admin", "admin", None)
    assert [event.action for event in audit.recent(10)] == ["key.rotated", "key.created"]


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
    keys: KeysService, name: str, role: Role, models: list[str] | None, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        keys.create(ADMIN, name=name, role=role, models=models, expires_in_seconds=None)
    assert keys.everything() == []


def test_the_trail_names_who_made_the_key(keys: KeysService, audit: AuditService) -> None:
    by = Principal(id="01abc", name="ana", role="admin")
    row, _ = keys.create(by, name="ci", role="predict", models=None, expires_in_seconds=None)
    event = audit.recent(1)[0]
    assert (event.actor, event.action, event.subject) == ("ana (01abc)", "key.created", row.id)
    assert row.created_by == "ana (01abc)"
