"""The trail is written with the change or not at all, and read newest first."""

import pytest

from tests.support.actors import actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.audit.service import AuditService

ANA = actor(name="ana")


def test_events_come_newest_first_and_no_more_than_asked_for(database: Database, audit: AuditService) -> None:
    for number in range(5):
        with database.transaction() as session:
            audit.record(session, ANA, "model.paused", f"iris:{number}", {"number": number})
    assert [event.subject.name for event in audit.find(limit=3).items] == ["iris:4", "iris:3", "iris:2"]
    event = audit.find(limit=1).items[0]
    assert (event.actor_label, event.action, event.after) == ("ana (k1)", "model.paused", {"number": 4})
    assert (event.actor_id, event.subject.kind, event.subject.model) == ("k1", "model", "iris")
    assert abs((now() - event.time).total_seconds()) < 60


def test_a_change_that_is_taken_back_leaves_no_trace(database: Database, audit: AuditService) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        audit.record(session, ANA, "model.removed", "iris")
        raise ZeroDivisionError
    assert audit.find(limit=10).items == []
