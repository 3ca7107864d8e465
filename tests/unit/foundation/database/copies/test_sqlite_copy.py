"""Copies of SQLite databases."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.databases import write_migrated
from unshelf.foundation.database.copies.copiers import open_copier
from unshelf.foundation.database.copies.port import LeftOut
from unshelf.foundation.database.copies.sqlite_copy import SqliteCopier
from unshelf.foundation.database.engine import DatabaseUnavailable

URL = "sqlite:///unshelf.db"


def parts_of(copier: SqliteCopier) -> list[bytes]:
    with copier.state() as state:
        return [part for _, parts in state.files() for part in parts]


def test_the_state_is_that_of_its_beginning(tmp_path: Path) -> None:
    write_migrated(tmp_path / "unshelf.db")
    with closing(sqlite3.connect(tmp_path / "unshelf.db")) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (x)")
    with SqliteCopier(URL, tmp_path).state() as state:
        with closing(sqlite3.connect(tmp_path / "unshelf.db")) as connection, connection:
            connection.execute("INSERT INTO t VALUES (1)")
        copied = {name: b"".join(parts) for name, parts in state.files()}
    assert list(copied) == ["unshelf.db"]

    def read(name: str) -> Iterator[bytes]:
        yield copied[name]

    new = tmp_path / "new"
    new.mkdir()
    copier = open_copier(URL, new)
    assert copier.is_empty()
    copier.load("0001", list(copied), read)
    assert not copier.is_empty()
    assert [path.name for path in new.iterdir()] == ["unshelf.db"]
    with closing(sqlite3.connect(new / "unshelf.db")) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_change_leaves_most_parts_as_they_were(tmp_path: Path) -> None:
    write_migrated(tmp_path / "unshelf.db")
    copier = SqliteCopier(URL, tmp_path)
    with closing(sqlite3.connect(tmp_path / "unshelf.db")) as connection, connection:
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [(b"x" * 1000,) for _ in range(5000)])
    before = set(parts_of(copier))
    with closing(sqlite3.connect(tmp_path / "unshelf.db")) as connection, connection:
        connection.execute("INSERT INTO t VALUES (1)")
    assert len(set(parts_of(copier)) - before) <= 3 < len(before)


def test_what_is_no_database_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="no database"), SqliteCopier(URL, tmp_path).state():
        pass
    with pytest.raises((DatabaseUnavailable, sqlite3.DatabaseError)):
        SqliteCopier(URL, tmp_path).load("0001", ["unshelf.db"], lambda _: iter([b"no database"]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("table", "left"), [("t", [("keep",)]), ("a_table_of_a_later_release", [("drop",), ("keep",)])]
)
def test_rows_are_left_out_where_the_copy_has_their_table(tmp_path: Path, table: str, left: list[tuple[str]]) -> None:
    write_migrated(tmp_path / "unshelf.db")
    with closing(sqlite3.connect(tmp_path / "unshelf.db")) as connection, connection:
        connection.execute("CREATE TABLE t (loop)")
        connection.executemany("INSERT INTO t VALUES (?)", [("drop",), ("keep",)])
    parts = parts_of(SqliteCopier(URL, tmp_path))
    new = tmp_path / "new"
    new.mkdir()
    open_copier(URL, new).load("0001", ["unshelf.db"], lambda _: iter(parts), left_out=LeftOut(table, "loop", "drop"))
    with closing(sqlite3.connect(new / "unshelf.db")) as connection:
        assert connection.execute("SELECT loop FROM t ORDER BY loop").fetchall() == left
