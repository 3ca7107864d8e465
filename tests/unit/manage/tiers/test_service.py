"""Tiers: everybody's until they are restricted; then for those with a right."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope, model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.tiers.service import TierService
from unshelf.manage.tiers.tier import RightHolder
from unshelf.server.wiring.people import PeopleParts

ROOT = actor("admin", id="admin", name="admin")
IRIS = model_scope("iris", project="default")


def may(tiers: TierService, database: Database, who: Actor, tier: str = "large", scope: Scope = IRIS) -> bool:
    try:
        with database.read() as session:
            tiers.must_use(session, who, tier, scope)
    except Forbidden:
        return False
    return True


def restrict(tiers: TierService, restricted: bool = True) -> None:
    tiers.change(ROOT, "large", price=Decimal("0.4"), currency="EUR", restricted=restricted)


def grant(tiers: TierService, kind: RightHolder, name: str, seconds: float | None = None) -> str:
    ends = None if seconds is None else now() + timedelta(seconds=seconds)
    return tiers.grant(ROOT, "large", kind, name, expires_at=ends).id


def test_a_tier_is_everybodys_until_it_is_restricted(
    tiers: TierService, database: Database, people: PeopleParts
) -> None:
    ada = user_actor(people, database, "ada")
    assert may(tiers, database, ada)
    assert tiers.usable(ada) == {"small", "medium", "large"}
    restrict(tiers)
    assert not may(tiers, database, ada)
    assert may(tiers, database, ada, "small")
    assert may(tiers, database, ada, "no-such-tier"), "the host says which there are"
    assert tiers.usable(ada) == {"small", "medium"}
    assert may(tiers, database, ROOT)
    large = tiers.list_all()[-1]
    assert (large.name, large.price, large.currency, large.restricted) == ("large", Decimal("0.4"), "EUR", True)
    restrict(tiers, False)
    assert may(tiers, database, ada)


def test_rights_of_users_groups_projects_and_roles(tiers: TierService, database: Database, people: PeopleParts) -> None:
    restrict(tiers)
    ada, grace = (user_actor(people, database, name) for name in ("ada", "grace"))
    mine = grant(tiers, "user", "ada")
    assert (may(tiers, database, ada), may(tiers, database, grace)) == (True, False)
    tiers.revoke(ROOT, "large", mine)
    assert not may(tiers, database, ada)
    people.groups.create(ROOT, name="ml")
    people.groups.add_member(ROOT, "ml", "grace")
    grant(tiers, "group", "ml")
    assert (may(tiers, database, ada), may(tiers, database, grace)) == (False, True)
    grant(tiers, "role", "owner")
    key = actor("deploy")
    assert not may(tiers, database, key)
    people.access.grant(ROOT, holder_kind="user", holder=ada.id, role="owner", scope=project_scope("default"))
    ada = user_actor(people, database, "ada")
    assert may(tiers, database, ada)
    assert not may(tiers, database, ada, scope=model_scope("loans", project="risk")), "she owns another project"
    grant(tiers, "project", "default")
    assert may(tiers, database, key)
    assert not may(tiers, database, key, scope=model_scope("loans", project="risk"))
    assert [(each.holder_kind, each.holder) for each in tiers.rights("large")] == [
        ("group", "ml"), ("role", "owner"), ("project", "default"),
    ]  # fmt: skip


def test_a_right_ends_by_itself(tiers: TierService, database: Database, people: PeopleParts) -> None:
    restrict(tiers)
    ada = user_actor(people, database, "ada")
    grant(tiers, "user", "ada", seconds=0.2)
    assert may(tiers, database, ada)
    later = now() + timedelta(seconds=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unshelf.manage.tiers.service.now", lambda: later)
        assert not may(tiers, database, ada)
        assert tiers.rights("large") == []
    with pytest.raises(InvalidInput, match="ended already"):
        grant(tiers, "user", "ada", seconds=-1)


def test_a_refusal_says_who_may_and_how_to_ask(tiers: TierService, database: Database, people: PeopleParts) -> None:
    restrict(tiers)
    grant(tiers, "role", "owner")
    grant(tiers, "user", "grace")
    ada = user_actor(people, database, "ada")
    with database.read() as session:
        with pytest.raises(Forbidden) as refused:
            tiers.must_use(session, ada, "large", IRIS)
        with pytest.raises(Forbidden) as of_key:
            tiers.must_use(session, actor("predict"), "large", IRIS)
    assert "may not use the tier 'large'. It is for the role owner." in refused.value.detail
    assert "grace" not in str(refused.value)
    assert "unshelf requests tier large" in refused.value.hint
    assert "unshelf tiers grant" in of_key.value.hint


def test_changes_are_events_of_administrators(tiers: TierService, database: Database) -> None:
    restrict(tiers)
    right = grant(tiers, "project", "default")
    tiers.revoke(ROOT, "large", right, reason="moved")
    revoked, granted, changed = EventStore(database).newest(limit=3).items
    assert (changed.action, changed.before, changed.after) == (
        "tier.changed", {"price": None, "currency": "", "restricted": False},
        {"price": "0.4", "currency": "EUR", "restricted": True},
    )  # fmt: skip
    assert (granted.action, granted.after) == ("tier.granted", {"holder_kind": "project", "holder": "default"})
    assert (revoked.action, revoked.reason) == ("tier.revoked", "moved")
    with pytest.raises(NotFound):
        tiers.revoke(ROOT, "large", right)
    with pytest.raises(NotFound):
        tiers.change(ROOT, "huge", price=None, currency="", restricted=True)
    for who, name in (("user", "nobody"), ("group", "nobody"), ("project", "nowhere")):
        with pytest.raises(NotFound):
            grant(tiers, who, name)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        tiers.change(actor("deploy"), "large", price=None, currency="", restricted=False)
