"""What changed: of the model and of its project's data, in words, for those who may read it."""

from datetime import timedelta

import pytest

from tests.support.actors import actor, user
from tests.support.diagnosing import DiagnosedRecords
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.clock import now
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.monitor.diagnosis.changes import OF_MODEL, OF_PROJECT, changes_of


def test_releases_settings_data_and_alerts_stand_in_order_of_time(records: DiagnosedRecords) -> None:
    events = EventStore(records.database)
    model = Subject(kind="model", name="iris", model="iris", project="risk")
    monitor = Subject(kind="monitor", name="iris/inputs", model="iris", project="risk")
    data = Subject(kind="dataset", name="flights@3", project="risk")
    elsewhere = Subject(kind="dataset", name="others@1", project="other")
    with records.database.transaction() as session:
        place_model(session, "iris", "risk")
        events.record(session, actor(), "release.changed", model, after={"release": [{"version": 2, "percent": 100}]})
        events.record(session, actor(), "monitor.changed", monitor)
        events.record(session, actor(), "data.added", data)
        events.record(session, actor(), "data.added", elsewhere)
        events.record(session, actor(), "comment.deleted", model)
        events.record(session, actor(), "release.rolled_back", model, after={"release": []})
        events.record(session, actor(), "alert.raised", model, after={"summary": "It drifts."})
    since, until = now() - timedelta(hours=1), now() + timedelta(hours=1)
    found = changes_of(records.database, actor(), "iris", since, until)
    assert [(each.kind, each.say) for each in found] == [
        ("release", "Live: version 2"), ("setting", "The monitor iris/inputs was changed"), ("data", "Data was added: flights@3"),
        ("release", "Rolled back to nothing any more"), ("alert", "Alert: It drifts."),
    ]  # fmt: skip
    assert changes_of(records.database, user("ida", other="viewer"), "iris", since, until) == ()
    assert changes_of(records.database, actor(), "iris", until, until + timedelta(hours=1)) == ()


@pytest.mark.parametrize(
    "after", [None, {"metric": "margin", "summary": "It drifts.", "release": [{"version": 2, "percent": 100}]}]
)
@pytest.mark.parametrize("action", sorted({*OF_MODEL, *OF_PROJECT}))
def test_each_kind_of_change_is_said_in_words_whatever_its_event_kept(
    records: DiagnosedRecords, action: str, after: dict | None
) -> None:
    events = EventStore(records.database)
    with records.database.transaction() as session:
        place_model(session, "iris", "risk")
        about = "iris" if action in OF_MODEL else None
        events.record(
            session, actor(), action, Subject(kind="any", name="it", model=about, project="risk"), after=after
        )
    (found,) = changes_of(records.database, actor(), "iris", now() - timedelta(hours=1), now() + timedelta(hours=1))
    assert found.action == action
    assert found.say and "{" not in found.say


def test_a_metric_that_was_set_and_removed_is_named(records: DiagnosedRecords) -> None:
    events = EventStore(records.database)
    model = Subject(kind="model", name="iris", model="iris", project="risk")
    with records.database.transaction() as session:
        place_model(session, "iris", "risk")
        events.record(session, actor(), "model.metric_set", model, after={"metric": "margin", "version": 1})
        events.record(session, actor(), "model.metric_removed", model, before={"metric": "margin", "version": 1})
    found = changes_of(records.database, actor(), "iris", now() - timedelta(hours=1), now() + timedelta(hours=1))
    assert [each.say for each in found] == ["The metric margin was set", "The metric margin was removed"]
