"""The end of rights: told once, with what goes on running."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.tiers.expiry import TierExpiry
from unshelf.manage.tiers.service import TierService
from unshelf.server.wiring.people import PeopleParts

ROOT = actor("admin", id="admin", name="admin")


class Uses:
    """What runs: iris:1 of ada's, and loans:2 in the project default."""

    def of_tier(
        self, session: Session, tier: str, *, project: str | None = None, makers: Sequence[str] | None = None
    ) -> list[str]:
        assert tier == "large"
        if project is not None:
            return ["loans:2"] if project == "default" else []
        return ["iris:1"] if any(label.startswith("ada (") for label in makers or ()) else []


def test_the_end_of_a_right_is_told_with_what_goes_on(
    tiers: TierService, database: Database, people: PeopleParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifications = NotificationService(database, Subjects(), lambda _person: None)
    expiry = TierExpiry(database, EventStore(database), notifications)
    expiry.add_uses(Uses())
    soon = now() + timedelta(minutes=1)
    for kind, name in (("user", "ada"), ("project", "default"), ("role", "owner")):
        tiers.grant(ROOT, "large", kind, name, expires_at=soon)  # type: ignore[arg-type]
    tiers.grant(ROOT, "large", "user", "grace", expires_at=None)
    expiry.clear()
    assert len(tiers.rights("large")) == 4
    monkeypatch.setattr("unshelf.manage.tiers.expiry.now", lambda: soon + timedelta(seconds=1))
    expiry.clear()
    expiry.clear()
    assert [each.holder for each in tiers.rights("large")] == ["grace"]
    ended = [event for event in EventStore(database).newest(limit=20).items if event.action == "tier.ended"]
    assert [event.before["running"] for event in ended if event.before] == [[], ["loans:2"], ["iris:1"]]
    (told,) = notifications.inbox(user_actor(people, database, "ada"), limit=9)[0].items
    assert told.notification.kind == "tier.ended"
    assert told.notification.title == "The right of the user ada to the tier large has ended"
    assert "It goes on running on this tier: iris:1." in told.notification.body
    assert len(notifications.inbox(ROOT, limit=9)[0].items) == 3, "who gave the rights hears of each"
