"""Requests for a tier: of the installation, by who has no right to it."""

from datetime import timedelta

import pytest

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.foundation.access.scopes import INSTALLATION, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.requests.request import Asked
from unshelf.manage.tiers.requests import TierRequests
from unshelf.manage.tiers.service import TierService
from unshelf.server.wiring.people import PeopleParts

ROOT = actor("admin", id="admin", name="admin")


def test_a_tier_is_asked_for_and_granted(tiers: TierService, database: Database, people: PeopleParts) -> None:
    kind, ada = TierRequests(tiers), user_actor(people, database, "ada")
    tiers.change(ROOT, "large", price=None, currency="", restricted=True)
    with database.transaction() as session:
        wanted = kind.check(session, ada, INSTALLATION, {"tier": "large"})
        asked = Asked(
            id="r1", kind="tier", scope=INSTALLATION, wanted=wanted, reason="x", asked_by_id=ada.id, asked_by=ada.label,
            asked_at=now(), state="granted", decided_at=now(), decided_by="admin", decision_reason="",
            expires_at=now() + timedelta(days=1),
        )  # fmt: skip
        kind.grant(session, ROOT, asked, asked.expires_at)
        with pytest.raises(Conflict, match="may use the tier"):
            kind.check(session, ada, INSTALLATION, {"tier": "large"})
    (right,) = tiers.rights("large")
    assert (right.holder, right.request, right.expires_at) == ("ada", "r1", asked.expires_at)
    assert kind.next_step(asked).endswith("UTC: unshelf deploy PATH --tier large")


def test_what_can_not_be_asked_for(tiers: TierService, database: Database, people: PeopleParts) -> None:
    kind, ada = TierRequests(tiers), user_actor(people, database, "ada")
    with database.read() as session:
        with pytest.raises(InvalidInput, match="without a model"):
            kind.check(session, ada, project_scope("default"), {"tier": "large"})
        with pytest.raises(InvalidInput, match="by its name"):
            kind.check(session, ada, INSTALLATION, {})
        with pytest.raises(NotFound):
            kind.check(session, ada, INSTALLATION, {"tier": "huge"})


def test_who_decides_for_a_time_grants_for_that_time(
    tiers: TierService, database: Database, people: PeopleParts
) -> None:
    tiers.change(ROOT, "large", price=None, currency="", restricted=True)
    end = now() + timedelta(hours=1)
    people.access.grant(
        ROOT, holder_kind="user", holder=people.users.find("grace").id, role="administrator", scope=INSTALLATION, expires_at=end
    )  # fmt: skip
    grace = user_actor(people, database, "grace")
    asked = Asked(
        id="r1", kind="tier", scope=INSTALLATION, wanted={"tier": "large"}, reason="x", asked_by_id=people.users.find("ada").id,
        asked_by="ada", asked_at=now(), state="open", decided_at=None, decided_by=None, decision_reason="",
        expires_at=None,
    )  # fmt: skip
    with database.transaction() as session:
        assert TierRequests(tiers).grant(session, grace, asked, None) == end
    tiers.grant(grace, "large", "user", "grace", expires_at=None)
    assert [right.expires_at for right in tiers.rights("large")] == [end, end]
    with pytest.raises(Forbidden, match="may last until"):
        tiers.grant(grace, "large", "user", "ada", expires_at=end + timedelta(hours=1))
