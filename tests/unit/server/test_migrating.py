"""The migrations lead to exactly the tables that the code knows."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.util.exc import CommandError
from sqlalchemy import text

from unshelf.foundation.database import Base, Database
from unshelf.server import wiring
from unshelf.server.migrating import migrate


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/unshelf.db")


def test_migrations_and_tables_agree(database: Database) -> None:
    assert wiring.build_control  # importing it is what makes every wing's tables known
    migrate(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    database.dispose()


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database)
    with database.transaction() as session:
        session.execute(text("INSERT INTO environments VALUES ('h', 'lock', '3.11', 1, '2026-01-01 00:00:00')"))
    migrate(database)
    with database.read() as session:
        assert session.execute(text("SELECT hash FROM environments")).scalars().all() == ["h"]
    database.dispose()


def test_the_database_of_a_newer_release_is_refused_and_left_alone(database: Database) -> None:
    migrate(database)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CommandError, match="9999"):
        migrate(database)
    database.dispose()
