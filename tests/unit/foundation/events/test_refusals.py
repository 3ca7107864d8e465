"""Refusals: each is logged, and a thousand of them are two events."""

from tests.support.actors import actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.foundation.events.store import EventStore


class Clock:
    seconds = 600.0

    def __call__(self) -> float:
        return self.seconds


def logged(events: EventStore) -> list[tuple[str, str, int, int]]:
    found = []
    for event in reversed(events.newest(limit=1000).items):
        assert event.action == "access.refused"
        after = event.after or {}
        found.append((event.actor_label, event.subject.name, after["status"], after["count"]))
    return found


def test_the_first_refusal_is_logged_at_once_and_the_others_when_the_minute_is_over(
    database: Database, events: EventStore
) -> None:
    clock = Clock()
    refusals = RefusalLog(database, events, clock=clock)
    refusals.note(None, "GET /api/v1/keys", 401)
    refusals.flush()
    for _ in range(999):
        refusals.note(None, "GET /api/v1/keys", 401)
        refusals.flush()
    assert logged(events) == [("anonymous", "GET /api/v1/keys", 401, 1)]
    clock.seconds += 60
    refusals.flush()
    refusals.flush()
    assert logged(events) == [("anonymous", "GET /api/v1/keys", 401, 1), ("anonymous", "GET /api/v1/keys", 401, 999)]


def test_each_actor_route_and_status_counts_for_itself(database: Database, events: EventStore) -> None:
    refusals = RefusalLog(database, events, clock=Clock())
    for who in (None, actor(name="ana"), actor(name="bob")):
        refusals.note(who, "GET /api/v1/keys", 403)
        refusals.note(who, "GET /api/v1/audit", 403)
    refusals.flush()
    assert len(set(logged(events))) == 6


def test_at_the_end_everything_is_written(database: Database, events: EventStore) -> None:
    refusals = RefusalLog(database, events, clock=Clock())
    refusals.note(None, "GET /x", 401)
    refusals.flush()
    refusals.note(None, "GET /x", 401)
    refusals.flush(everything=True)
    refusals.flush(everything=True)
    assert [count for *_, count in logged(events)] == [1, 1]


def test_however_many_actors_there_are_the_table_grows_slowly(database: Database, events: EventStore) -> None:
    refusals = RefusalLog(database, events, clock=Clock())
    for number in range(3000):
        refusals.note(actor(id=f"k{number}"), "GET /x", 403)
    refusals.flush(everything=True)
    with database.read() as session:
        counts = [event.after or {} for event in events.newest(limit=2000).items]
        assert session is not None
    assert len(counts) == 1001
    assert sum(after["count"] for after in counts) == 3000


def test_refused_connections_collapse_by_program_and_destination(database: Database, events: EventStore) -> None:
    clock = Clock()
    refusals = RefusalLog(database, events, clock=clock)
    iris = model_subject("version", "iris:1", "iris")
    for _ in range(50):
        refusals.note_egress(iris, "example.org:443", reason="No rule allows it.")
        refusals.flush()
    clock.seconds += 60
    refusals.flush()
    found = [(each.action, each.subject, each.after, each.reason) for each in events.newest(limit=10).items]
    assert found == [
        ("egress.refused", iris, {"destination": "example.org:443", "count": count}, "No rule allows it.")
        for count in (49, 1)
    ]


def test_a_program_that_tries_every_address_fills_no_table(database: Database, events: EventStore) -> None:
    refusals = RefusalLog(database, events, clock=Clock())
    for number in range(5000):
        refusals.note_egress(model_subject("version", "iris:1", "iris"), f"10.0.0.{number}:22")
    refusals.note(None, "GET /x", 401)
    refusals.flush(everything=True)
    counts = {
        str((event.after or {}).get("destination")): event.after["count"]
        for event in events.newest(limit=100).items
        if event.after
    }
    assert (len(counts), counts["*"], counts["None"]) == (22, 4980, 1)
