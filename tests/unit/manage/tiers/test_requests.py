"""Requests for a tier: of the installation, by who has no right to it."""

from datetime import timedelta

import pytest

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
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
