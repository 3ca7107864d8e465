"""What changed at a model, as far as one may read it."""

from tests.support.actors import actor, user
from tests.support.windows import CountedRecords
from unshelf.foundation.clock import now
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.monitor.dashboards.moments import moments_of, release_in_words

ADMIN = actor()


def test_releases_and_changes_are_told_in_order_and_other_events_are_left_out(records: CountedRecords) -> None:
    store, begun = EventStore(records.database), now()
    subject = model_subject("release", "iris", "iris", project="risk")
    version = model_subject("version", "iris:2", "iris", project="risk")
    with records.database.transaction() as session:
        store.record(session, ADMIN, "version.registered", version)
        store.record(session, ADMIN, "version.file_read", version)
        store.record(session, ADMIN, "release.changed", subject, after={"release": [{"version": 2, "percent": 100.0}]})
        store.record(session, ADMIN, "release.changed", subject, after={"release": []})
        store.record(session, ADMIN, "version.registered", model_subject("version", "tulip:1", "tulip"))
    found = moments_of(records.database, ADMIN, "iris", begun, now())
    assert [each.say for each in found] == ["iris:2 was registered", "Live: version 2", "Nothing is live any more"]
    assert found[0].by == ADMIN.label
    assert moments_of(records.database, user("sam", other="owner"), "iris", begun, now()) == ()


def test_a_release_in_words() -> None:
    assert release_in_words([{"version": 3, "percent": 100.0}]) == "version 3"
    assert (
        release_in_words([{"version": 3, "percent": 90.0}, {"version": 4, "percent": 10.0}])
        == "version 3 90 %, version 4 10 %"
    )
