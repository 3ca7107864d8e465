"""Migrating: this release's tables, all of them or none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from unshelf.foundation.database.migrating import DatabaseTooNew, migrate
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.server.wiring import control


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    opened = SqliteDatabase("sqlite:///test.db", tmp_path)
    yield opened
    opened.dispose()


def test_an_empty_database_gets_every_table_of_this_release(database: SqliteDatabase) -> None:
    assert control.build_control is not None, "with it, the tables of every wing are declared"
    migrate(database)
    made = {name for name in inspect(database.engine).get_table_names() if not name.startswith("search_text")}
    assert made == {*Base.metadata.tables, "alembic_version"}, "beside the full-text index, which no class describes"
    migrate(database)


def test_a_database_of_a_newer_release_is_refused(database: SqliteDatabase) -> None:
    migrate(database)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'newer'"))
    with pytest.raises(DatabaseTooNew, match="newer"):
        migrate(database)


def test_a_migration_that_fails_leaves_nothing(database: SqliteDatabase) -> None:
    with database.restructure() as connection:
        connection.execute(text("CREATE TABLE keys (id INTEGER)"))
    with pytest.raises(Exception, match="keys already exists"):
        migrate(database)
    assert inspect(database.engine).get_table_names() == ["keys"]
