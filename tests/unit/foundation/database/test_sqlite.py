"""The embedded database: where its file lies, how durable it is, and what a migration may leave behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from unshelf.foundation.database.sqlite import SqliteDatabase


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    opened = SqliteDatabase("sqlite:///test.db", tmp_path)
    with opened.restructure() as connection:
        connection.execute(text("CREATE TABLE parents (id INTEGER PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE children (parent INTEGER REFERENCES parents (id))"))
    yield opened
    opened.dispose()


@pytest.mark.parametrize(("url", "name"), [("sqlite:///own.db", "own.db"), ("sqlite://", "unshelf.db")])
def test_the_file_lies_in_the_folder(tmp_path: Path, url: str, name: str) -> None:
    database = SqliteDatabase(url, tmp_path)
    database.check()
    database.dispose()
    assert (tmp_path / name).is_file()


def test_an_absolute_path_stays_what_it_is(tmp_path: Path) -> None:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/own.db", Path("/nowhere"))
    database.check()
    database.dispose()
    assert (tmp_path / "own.db").is_file()


@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)])
def test_every_connection_is_durable_and_strict(database: SqliteDatabase, pragma: str, value: object) -> None:
    with database.read() as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value


def test_a_transaction_is_checked_at_each_statement(database: SqliteDatabase) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(text("INSERT INTO children VALUES (1)"))


def test_a_migration_is_checked_at_its_end(database: SqliteDatabase) -> None:
    with database.restructure() as connection:
        connection.execute(text("INSERT INTO children VALUES (1)"))
        connection.execute(text("INSERT INTO parents VALUES (1)"))
    with pytest.raises(IntegrityError, match="refer to nothing"), database.restructure() as connection:
        connection.execute(text("INSERT INTO children VALUES (2)"))
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM children")) == 1


def test_foreign_keys_are_checked_again_after_a_migration_that_failed(database: SqliteDatabase) -> None:
    with pytest.raises(ZeroDivisionError), database.restructure():
        raise ZeroDivisionError
    for _ in range(3):
        with pytest.raises(IntegrityError), database.transaction() as session:
            session.execute(text("INSERT INTO children VALUES (9)"))
