"""Sessions of a database: what is written is kept at the end, what is read is one state, what is away says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database, DatabaseUnavailable
from unshelf.foundation.database.sqlite import SqliteDatabase

ADD = text("INSERT INTO numbers VALUES (1)")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase("sqlite:///test.db", tmp_path)
    with opened.restructure() as connection:
        connection.execute(text("CREATE TABLE numbers (number INTEGER)"))
    yield opened
    opened.dispose()


def count(session: Session) -> int:
    return int(session.scalar(text("SELECT count(*) FROM numbers")) or 0)


def test_a_transaction_is_kept_at_its_end_and_seen_by_nobody_before(database: Database) -> None:
    with database.transaction() as writer:
        writer.execute(ADD)
        with database.read() as reader:
            assert count(reader) == 0
    with database.read() as reader:
        assert count(reader) == 1


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        session.execute(ADD)
        raise ZeroDivisionError
    with database.read() as session:
        assert count(session) == 0


def test_a_reader_sees_one_state(database: Database) -> None:
    with database.read() as reader:
        assert count(reader) == 0
        with database.transaction() as writer:
            writer.execute(ADD)
        assert count(reader) == 0


def test_what_a_reader_changes_is_dropped(database: Database) -> None:
    with database.read() as session:
        session.execute(ADD)
    with database.read() as session:
        assert count(session) == 0


def test_a_database_that_can_not_be_opened_says_why(tmp_path: Path) -> None:
    database = SqliteDatabase("sqlite:///test.db", tmp_path / "nowhere")
    with pytest.raises(DatabaseUnavailable, match=r"nowhere/test\.db can't be used: unable to open"):
        database.check()
    database.dispose()
