"""Claims: each piece of work is one process's at a time, oldest first, and nobody finishes what it lost."""

import pytest
from sqlalchemy import select
from sqlalchemy.event import listen

from tests.support.waiting import wait_until
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim, ClaimLost, Claims
from unshelf.foundation.loops.tables import WorkRow


def claims(database: Database, owner: str = "us", *, lease_seconds: float = 60.0) -> Claims:
    return Claims(database, owner=owner, lease_seconds=lease_seconds)


def add(database: Database, *keys: str, loop: str = "queue") -> None:
    for key in keys:
        with database.transaction() as session:
            claims(database).add(session, loop, key)


def taken(claims: Claims, loop: str = "queue") -> Claim:
    claim = claims.take(loop)
    assert claim is not None
    return claim


def rows(database: Database) -> dict[tuple[str, str], WorkRow]:
    with database.read() as session:
        return {(row.loop, row.key): row for row in session.scalars(select(WorkRow))}


def test_work_is_claimed_once_and_oldest_first(database: Database) -> None:
    add(database, "b", "a")
    us, them = claims(database), claims(database, "them")
    assert [taken(us).key, taken(them).key] == ["b", "a"]
    assert us.take("queue") is None
    assert us.take("other") is None


def test_turns_are_shared_out_among_those_whose_work_it_is(database: Database) -> None:
    """Given one who has much to do, when others come later, then they are next, and he has as much at a time as one may have."""
    with database.transaction() as session:
        for key in ("a1", "a2", "a3", "a4", "b1", "nobody", "b2"):
            claims(database).add(session, "queue", key, actor={"a": "ana", "b": "ben"}.get(key[0]))
    us = claims(database)
    first = [us.take("queue", of_one_actor=3) for _ in range(6)]
    assert [claim and claim.key for claim in first] == ["a1", "b1", "nobody", "a2", "b2", "a3"]
    assert us.take("queue", of_one_actor=3) is None
    with database.transaction() as session:
        assert first[0] is not None
        first[0].finish(session)
    assert taken(us).key == "a4"


def test_what_is_hastened_is_done_out_of_turn(database: Database) -> None:
    with database.transaction() as session:
        for key in ("a1", "a2"):
            claims(database).add(session, "queue", key, actor="ana")
    us = claims(database)
    assert us.take("queue", of_one_actor=1) is not None
    assert us.take("queue", of_one_actor=1) is None
    with database.transaction() as session:
        us.hasten(session, "queue", "a2")
        us.hasten(session, "queue", "gone")
    hastened = us.take("queue", of_one_actor=1)
    assert hastened is not None
    assert hastened.key == "a2"


def test_work_that_waits_is_not_added_twice(database: Database) -> None:
    add(database, "a", "a")
    assert list(rows(database)) == [("queue", "a")]


def test_finished_work_is_gone(database: Database) -> None:
    add(database, "a")
    claim = taken(claims(database))
    with database.transaction() as session:
        claim.require(session)
        claim.finish(session)
    assert rows(database) == {}
    with pytest.raises(ClaimLost, match="queue a"), database.transaction() as session:
        claim.require(session)


def test_work_whose_lease_ended_is_taken_over(database: Database) -> None:
    add(database, "a")
    lost = taken(claims(database, lease_seconds=-1.0))
    held = taken(claims(database, "them"))
    assert (lost.attempts, held.attempts) == (1, 2)
    with pytest.raises(ClaimLost), database.transaction() as session:
        lost.finish(session)
    assert rows(database)["queue", "a"].token == held.token


def test_renewing_keeps_a_lease_and_gives_what_was_lost(database: Database) -> None:
    add(database, "a")
    lost = taken(claims(database, "them", lease_seconds=-1.0))
    ours = claims(database, lease_seconds=-1.0)
    kept = taken(ours)
    assert claims(database).renew([kept, lost]) == [lost]
    assert ours.take("queue") is None
    assert ours.renew([]) == []


def test_work_that_is_given_back_waits_for_its_time_and_knows_its_error(database: Database) -> None:
    add(database, "a")
    ours = claims(database)
    ours.give_back(taken(ours), after_seconds=3600.0, error="It was away.")
    assert ours.take("queue") is None
    row = rows(database)["queue", "a"]
    assert (row.owner, row.token, row.claimed_until, row.error) == (None, None, None, "It was away.")


def test_who_lost_a_claim_gives_nothing_back(database: Database) -> None:
    add(database, "a")
    lost = taken(claims(database, lease_seconds=-1.0))
    held = taken(claims(database, "them"))
    claims(database).give_back(lost, error="late")
    row = rows(database)["queue", "a"]
    assert (row.token, row.error) == (held.token, None)


def test_the_next_process_of_a_name_frees_what_the_last_one_held(database: Database) -> None:
    add(database, "a", "b")
    dead, other = claims(database, "us"), claims(database, "them")
    assert [taken(dead).key, taken(other).key] == ["a", "b"]
    again = claims(database, "us")
    again.free_own()
    again.free_own()
    assert taken(again).key == "a"
    assert again.take("queue") is None


def test_periodic_loops_are_added_once(database: Database) -> None:
    ours = claims(database)
    ours.add_missing(["tidy", "watch"])
    claim = taken(ours, "tidy")
    ours.add_missing(["tidy", "watch", "more"])
    assert sorted(rows(database)) == [("more", ""), ("tidy", ""), ("watch", "")]
    assert rows(database)["tidy", ""].token == claim.token


def test_looking_in_vain_asks_again_only_when_something_was_written_or_comes_due(database: Database) -> None:
    """Given no free work, then looking again asks nothing, and finds what is added, what comes due and what a dead process held."""
    us, them = claims(database), claims(database, "them", lease_seconds=0.2)
    statements: list[str] = []
    listen(database.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert us.take("queue") is None
    asked = len(statements)
    assert us.take("queue") is None
    assert len(statements) == asked

    add(database, "a")
    claim = taken(us)
    assert us.take("queue") is None
    us.give_back(claim, after_seconds=0.2)
    assert us.take("queue") is None
    wait_until(lambda: us.take("queue") is not None, what="the work is due, with nothing written meanwhile")

    add(database, "b")
    taken(them)
    assert us.take("queue") is None
    wait_until(lambda: us.take("queue") is not None, what="the lease of another ends, with nothing written meanwhile")
