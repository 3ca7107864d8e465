"""The event log: events are added with their change, and read from the end or along the chain."""

import pytest

from tests.support.actors import actor
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import Subject, model_subject
from unshelf.foundation.events.store import EventStore

ANA = actor(id="k1", name="ana")


def record(database: Database, events: EventStore, *models: str | None) -> None:
    """An event for each of these models (None: the installation), in the chain."""
    with database.transaction() as session:
        for number, model in enumerate(models):
            subject = Subject(kind="key", name=f"k{number}") if model is None else model_subject("model", model, model)
            events.record(session, ANA, f"{subject.kind}.changed", subject, after={"number": number})
    close_chain(database)


def test_an_event_is_stored_with_its_transaction_or_not_at_all(database: Database, events: EventStore) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        events.record(session, ANA, "key.created", Subject(kind="key", name="k2"))
        raise ZeroDivisionError
    assert events.newest(limit=10).items == []
    assert events.head() == 0


def test_events_are_listed_newest_first_also_before_they_are_chained(database: Database, events: EventStore) -> None:
    record(database, events, "iris", "wine")
    with database.transaction() as session:
        events.record(session, ANA, "key.created", Subject(kind="key", name="k9"), reason="new")
    first = events.newest(limit=2)
    rest = events.newest(limit=2, cursor=first.next_cursor)
    assert [event.subject.name for event in (*first.items, *rest.items)] == ["k9", "wine", "iris"]
    assert (first.items[0].sequence, first.items[0].reason, first.items[0].actor_label) == (None, "new", ANA.label)
    assert rest.next_cursor is None


def test_a_reader_follows_the_chain_from_its_place(database: Database, events: EventStore) -> None:
    record(database, events, "iris", None, "wine")
    found, position = events.following(0, limit=2)
    assert ([event.sequence for event in found], position) == ([1, 2], 2)
    found, position = events.following(position, limit=2)
    assert ([event.sequence for event in found], position) == ([3], events.head() == 3 and 3)
    assert events.following(position) == ([], 3)


def test_a_reader_of_some_models_passes_over_the_others(database: Database, events: EventStore) -> None:
    record(database, events, "iris", None, "wine", "iris-2", "wine")
    found, position = events.following(0, reader=actor("predict", ["iris*"]))
    assert ([event.subject.name for event in found], position) == (["iris", "iris-2"], 5)
    assert events.following(0, reader=actor("predict", [])) == ([], 5)


def test_a_place_beyond_the_end_stays_where_it_is(database: Database, events: EventStore) -> None:
    record(database, events, "iris")
    assert events.following(9) == ([], 9)


def test_names_too_long_for_the_table_are_cut(database: Database, events: EventStore) -> None:
    long = "x" * 300
    with database.transaction() as session:
        events.record(session, actor(id=long, name=long), "key.created", Subject(kind="key", name=long))
    (event,) = events.newest(limit=1).items
    assert {len(event.actor_id), len(event.actor_label), len(event.subject.name)} == {200}


OF_OTHERS = {
    "secret": Permission.SECRETS_READ,
    "request": Permission.MEMBERS_MANAGE,
    "alert": Permission.ALERTS_READ,
    "dataset": Permission.DATA_READ,
    "connection": Permission.DATA_READ,
    "binding": Permission.DATA_READ,
}


def reader_with(*permissions: Permission) -> Actor:
    seen = frozenset({Permission.MODEL_READ, Permission.PROJECT_READ, *permissions})
    return Actor(id="u1", kind="user", label="u1", grants=(Grant(permissions=seen, scope=project_scope()),))


@pytest.mark.parametrize("model", ["iris", None])
@pytest.mark.parametrize(("kind", "needed"), OF_OTHERS.items())
def test_what_a_place_does_not_show_is_not_told_by_its_events(
    database: Database, events: EventStore, kind: str, needed: Permission, model: str | None
) -> None:
    with database.transaction() as session:
        subject = Subject(kind=kind, name="x", model=model, project="default")
        events.record(session, ANA, f"{kind}.changed", subject)
    close_chain(database)
    assert events.following(0, reader=reader_with()) == ([], 1)
    assert [event.subject.kind for event in events.following(0, reader=reader_with(needed))[0]] == [kind]
    assert len(events.following(0, reader=actor("admin"))[0]) == 1


def test_roles_on_a_model_are_told_to_those_who_see_its_members(database: Database, events: EventStore) -> None:
    with database.transaction() as session:
        events.record(session, ANA, "role.granted", model_subject("model", "iris", "iris"))
        events.record(session, ANA, "role.granted", Subject(kind="project", name="default", project="default"))
    close_chain(database)
    for permissions, kinds in (((), ["project"]), ((Permission.MODEL_INSPECT,), ["model", "project"])):
        found, _ = events.following(0, reader=reader_with(*permissions))
        assert [event.subject.kind for event in found] == kinds
