"""Filters of events: each takes what it names, and together what all name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.event import listen

from tests.support.actors import actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events import filters
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import Subject, model_subject
from unshelf.foundation.events.filters import EventFilter
from unshelf.foundation.events.store import EventStore

ANA = actor(name="ana")


@pytest.fixture(autouse=True)
def _logged(database: Database, events: EventStore) -> None:
    with database.transaction() as session:
        events.record(session, ANA, "release.changed", model_subject("release", "iris", "iris"), after={"number": 1})
        events.record(session, ANA, "key.created", Subject(kind="key", name="k9"), after={"number": 2})
        events.record(
            session,
            actor(name="bob"),
            "key.created",
            Subject(kind="key", name="k8", project="risk"),
            after={"number": 3},
        )


def taken(events: EventStore, **wanted: Any) -> list[int]:
    page = events.newest(EventFilter(**wanted), limit=10)
    return [(event.after or {})["number"] for event in page.items]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [3, 2, 1]),
        ({"actor": "ana (k1)"}, [2, 1]),
        ({"actor": "k1"}, [3, 2, 1]),
        ({"actor": "nobody"}, []),
        ({"action": "key.created"}, [3, 2]),
        ({"action": "key.created", "actor": "ana (k1)"}, [2]),
        ({"subject": "k8"}, [3]),
        ({"subject_kind": "release"}, [1]),
        ({"project": "risk"}, [3]),
        ({"model": "iris"}, [1]),
        ({"since": datetime(2020, 1, 1, tzinfo=UTC)}, [3, 2, 1]),
        ({"until": datetime(2020, 1, 1, tzinfo=UTC)}, []),
        ({"since": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, []),
        ({"until": datetime(1, 1, 1, tzinfo=UTC)}, []),
    ],
)
def test_a_filter_takes_what_it_names(events: EventStore, wanted: dict[str, Any], numbers: list[int]) -> None:
    assert taken(events, **wanted) == numbers


def test_since_is_taken_and_until_is_not(events: EventStore) -> None:
    middle = events.newest(limit=10).items[1].time
    assert 2 in taken(events, since=middle)
    assert 2 not in taken(events, until=middle)
    assert taken(events, since=now() - timedelta(minutes=5), until=now() + timedelta(minutes=5)) == [3, 2, 1]


def test_an_export_is_in_the_order_of_the_chain_and_begins_after_a_place(
    database: Database, events: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(events.in_order()) == []
    close_chain(database)
    monkeypatch.setattr("unshelf.foundation.events.store._EVENTS_A_STEP", 2)
    assert [[event.sequence for event in step] for step in events.in_order()] == [[1, 2], [3]]
    keys = events.in_order(EventFilter(action="key.created"), after=2)
    assert [[event.sequence for event in step] for step in keys] == [[3]]


@pytest.mark.parametrize("few", [1, 5_000])
def test_several_filters_together_are_answered_by_the_index_with_the_fewest_events(
    database: Database, events: EventStore, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Given an actor with many events and few of one kind, then those are found by the index over both, be they few or not."""
    monkeypatch.setattr(filters, "_FEW", few)
    with database.transaction() as session:
        for number in range(30):
            events.record(
                session, ANA, "alias.set", Subject(kind="key", name=f"many {number}"), after={"number": number}
            )
        for number in (40, 41):
            events.record(session, ANA, "key.created", Subject(kind="key", name="k9"), after={"number": number})
    statements: list[str] = []
    listen(database.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert taken(events, actor="ana (k1)", action="key.created") == [41, 40, 2]
    read = statements[-1]
    assert ("events.id IN" in read) == (few > 1)
    if few == 1:
        assert "events.actor_label = " in read
        assert "events.action = " in read
    assert taken(events, actor="ana (k1)", subject="many 3") == [3]
