"""Leases of a process: held until they are dropped or lost, whatever the database does meanwhile."""

import logging
import threading
from collections.abc import Iterator

import pytest

from tests.support.waiting import wait_until
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim, Claims
from unshelf.foundation.loops.leases import Leases


@pytest.fixture
def leases(database: Database) -> Leases:
    """Leases over one piece of work."""
    claims = Claims(database, owner="us", lease_seconds=60.0)
    with database.transaction() as session:
        claims.add(session, "queue", "a")
    return Leases(claims, renew_seconds=0.01)


@pytest.fixture
def ended(leases: Leases) -> Iterator[threading.Event]:
    """The end of a thread that renews until then."""
    end = threading.Event()
    thread = threading.Thread(target=leases.renew_until, args=(end,))
    thread.start()
    yield end
    end.set()
    thread.join()


def taken(leases: Leases) -> Claim:
    claim = leases.take("queue")
    assert claim is not None
    return claim


def rename(database: Database, table: str, to: str) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {to}")


def test_a_claim_is_held_until_it_is_dropped(leases: Leases) -> None:
    claim = taken(leases)
    assert leases.holds(claim)
    assert leases.take("queue") is None
    leases.drop(claim)
    leases.drop(claim)
    assert not leases.holds(claim)


def test_what_is_given_back_can_be_taken_again(leases: Leases) -> None:
    claim = taken(leases)
    leases.give_back(claim)
    assert not leases.holds(claim)
    assert taken(leases).attempts == 2


def test_a_claim_that_was_lost_is_held_no_more(
    leases: Leases, database: Database, ended: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    claim = taken(leases)
    with caplog.at_level(logging.WARNING), database.transaction() as session:
        claim.finish(session)
    wait_until(lambda: not leases.holds(claim), what="the loss is seen")
    assert not ended.is_set()


def test_a_database_that_is_away_takes_nothing_and_loses_nothing(
    leases: Leases, database: Database, ended: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    """Given a table that is away, then no call raises, and a claim that was held is held until it is back."""
    claim = taken(leases)
    rename(database, "work", "elsewhere")
    with caplog.at_level(logging.WARNING):
        assert leases.take("queue") is None
        wait_until(lambda: "claims could not be renewed" in caplog.messages, what="renewing failed")
        assert leases.holds(claim)
        leases.give_back(claim)
    assert {"work can't be claimed", "a claim could not be given back"} <= set(caplog.messages)
    assert not leases.holds(claim)
    rename(database, "elsewhere", "work")
    assert not ended.is_set()
