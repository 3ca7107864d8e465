"""Garbage as every control sees it: being deleted, left over, deleted a while ago, or needed after all."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from unshelf.foundation import garbage
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.garbage import GarbageRow


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


def grow_old(session: Session, age: timedelta) -> None:
    session.execute(update(GarbageRow).values(changed_at=now() - age))
    session.expire_all()


def test_what_is_deleted_goes_through_its_states(session: Session) -> None:
    garbage.mark_deleting(session, "blob", ["a", "b"])
    assert garbage.states_of(session, "blob", ["a", "b", "c"]) == {"a": "deleting", "b": "deleting"}
    garbage.mark(session, "blob", ["a"], "deleted")
    session.expire_all()
    assert garbage.states_of(session, "blob", ["a", "b"]) == {"a": "deleted", "b": "deleting"}


def test_a_key_is_garbage_of_its_kind_alone(session: Session) -> None:
    garbage.mark_deleting(session, "bundle", ["a"])
    assert garbage.states_of(session, "blob", ["a"]) == {}
    assert garbage.is_deleting(session, "bundle")
    assert not garbage.is_deleting(session, "environment")


def test_a_deletion_that_was_cut_off_is_pending(session: Session) -> None:
    garbage.mark_deleting(session, "bundle", ["a"])
    grow_old(session, timedelta(minutes=1))
    assert garbage.states_of(session, "bundle", ["a"]) == {"a": "pending"}
    assert not garbage.is_deleting(session, "bundle")


def test_what_is_left_over_is_taken_up_once(session: Session) -> None:
    garbage.mark_deleting(session, "bundle", ["cut off", "done"])
    garbage.mark(session, "bundle", ["done"], "deleted")
    grow_old(session, timedelta(minutes=1))
    garbage.mark_deleting(session, "bundle", ["at work", "not answered"])
    garbage.mark(session, "bundle", ["not answered"], "pending")
    session.expire_all()
    assert sorted(garbage.take_pending(session, "bundle")) == ["cut off", "not answered"]
    assert garbage.take_pending(session, "bundle") == []


def test_what_is_needed_is_no_garbage_any_more(session: Session) -> None:
    garbage.mark_deleting(session, "blob", ["a", "b"])
    garbage.rescue(session, "blob", ["a"])
    session.expire_all()
    assert garbage.states_of(session, "blob", ["a", "b"]) == {"b": "deleting"}


def test_only_old_deletions_are_forgotten(session: Session) -> None:
    garbage.mark_deleting(session, "blob", ["old", "left"])
    garbage.mark(session, "blob", ["old"], "deleted")
    grow_old(session, timedelta(hours=2))
    garbage.mark_deleting(session, "blob", ["young"])
    garbage.mark(session, "blob", ["young"], "deleted")
    garbage.forget_old(session)
    session.expire_all()
    assert garbage.states_of(session, "blob", ["old", "left", "young"]) == {"left": "pending", "young": "deleted"}


def test_more_keys_than_a_query_takes_are_no_limit(session: Session) -> None:
    keys = [f"{number}" for number in range(1201)]
    garbage.mark_deleting(session, "blob", keys)
    garbage.mark(session, "blob", keys, "pending")
    session.expire_all()
    assert set(garbage.states_of(session, "blob", keys).values()) == {"pending"}
    garbage.rescue(session, "blob", keys)
    session.expire_all()
    assert garbage.states_of(session, "blob", keys) == {}
