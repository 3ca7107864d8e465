"""The event log, its chain and its filters on every database, with two processes' views of it."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest
from sqlalchemy import select, text

from tests.support.actors import actor
from unshelf.foundation.access.filters import matches
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.tables import EventRow
from unshelf.foundation.events.verification import verify_chain
from unshelf.server.backends import load_backend
from unshelf.server.wiring import control as wiring

NAMES = ["iris", "iris-2", "credit-risk", "credit.risk", "a", "b", "ab", "z9", "a-b", "a_b"]
PATTERNS = [
    "iris", "iris*", "*", "?", "[ab]", "[!ab]", "[a-c]*", "credit?risk", "credit.risk", "[z-a]", "[!z-a]", "[", "[]]", "[!]]", "a[-_]b",
    "[a-]*", "*-*", "[^]",
]  # fmt: skip


@pytest.fixture
def databases(database_url: str) -> Iterator[tuple[Database, Database]]:
    """One database as two control processes have it open."""
    assert wiring.build_control  # importing it is what makes every wing's tables known
    first: Database = load_backend("database", database_url)(database_url)
    second: Database = load_backend("database", database_url)(database_url)
    migrate(first)
    yield first, second
    first.dispose()
    second.dispose()


def log(database: Database, model: str, count: int = 1) -> None:
    events = EventStore(database)
    for number in range(count):
        with database.transaction() as session:
            after = {"number": number, "percent": 33.34, "one": 1.0, "name": "é", "list": [None, True]}
            events.record(session, actor(), "release.changed", model_subject("release", model, model), after=after)


def test_events_of_two_processes_are_one_chain_that_both_follow(databases: tuple[Database, Database]) -> None:
    """Given two processes that log and chain in turn, then each sees all events, once, in one order."""
    first, second = databases
    for _ in range(3):
        log(first, "iris", 2)
        log(second, "wine", 2)
        close_chain(second)
        log(second, "wine")
        close_chain(first)
    assert (verify_chain(first).closed_to, verify_chain(second).faults) == (15, [])
    of_first, head = EventStore(first).following(0)
    of_second, _ = EventStore(second).following(0)
    assert of_first == of_second
    assert ([event.sequence for event in of_first], head) == (list(range(1, 16)), 15)
    iris, position = EventStore(second).following(0, reader=actor("predict", ["ir*"]))
    assert ([event.subject.name for event in iris], position) == (["iris"] * 6, 15)


@pytest.mark.long
def test_a_reader_in_steps_misses_nothing(databases: tuple[Database, Database]) -> None:
    database, _ = databases
    log(database, "iris", 5)
    close_chain(database)
    seen, position = [], 0
    for _ in range(4):
        events, position = EventStore(database).following(position, reader=actor("predict", ["iris"]), limit=2)
        seen += [event.sequence for event in events]
    assert (seen, position) == ([1, 2, 3, 4, 5], 5)


def test_an_edit_is_found(databases: tuple[Database, Database]) -> None:
    database, _ = databases
    log(database, "iris", 3)
    close_chain(database)
    with database.transaction() as session:
        session.execute(text("UPDATE events SET actor_label = 'eve' WHERE sequence = 2"))
    assert [fault.sequence for fault in verify_chain(database).faults] == [2]


def test_patterns_choose_in_every_database_what_fnmatch_chooses(databases: tuple[Database, Database]) -> None:
    database, _ = databases
    for name in NAMES:
        log(database, name)
    with database.read() as session:
        for pattern in PATTERNS:
            chosen = set(session.scalars(select(EventRow.model).where(matches(EventRow.model, [pattern]))))
            assert chosen == {name for name in NAMES if fnmatchcase(name, pattern)}, pattern
