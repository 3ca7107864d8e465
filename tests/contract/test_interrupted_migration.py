"""A migration that is killed in its middle leaves the database as it was, on every database."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import inspect, text

from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate, upgrade_to
from unshelf.server.backends import load_backend

_OLD = "0055"
_KILLED = """
import os, signal, sys
from unshelf.foundation.database import migrating
from unshelf.server.backends import load_backend

real = migrating.command.upgrade

def upgrade(*arguments):
    real(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)  # the tables are made, and nothing is committed

migrating.command.upgrade = upgrade
migrating.migrate(load_backend("database", sys.argv[1])(sys.argv[1]))
"""


@pytest.fixture
def old(database_url: str) -> Iterator[Database]:
    opened: Database = load_backend("database", database_url)(database_url)
    with opened.restructure() as connection:
        upgrade_to(connection, _OLD)
    yield opened
    opened.dispose()


def test_the_old_tables_are_whole_and_the_next_start_migrates(old: Database, database_url: str) -> None:
    before = set(inspect(old.engine).get_table_names())
    done = subprocess.run([sys.executable, "-c", _KILLED, database_url], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr.decode()
    assert set(inspect(old.engine).get_table_names()) == before
    with old.read() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == _OLD
    migrate(old)
    assert "programs" in inspect(old.engine).get_table_names()
