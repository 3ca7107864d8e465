"""What every wing stands on: the database that a setting chooses."""

from pathlib import Path

import pytest
from sqlalchemy import text

from unshelf.foundation.database.engine import DatabaseUnavailable
from unshelf.server.wiring.base import open_database


def test_a_database_is_opened_with_this_release_s_tables(tmp_path: Path) -> None:
    database = open_database("sqlite:///own.db", tmp_path)
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM models")) == 0
    database.dispose()
    assert (tmp_path / "own.db").exists()


def test_a_database_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        open_database("sqlite:///nowhere/own.db", tmp_path)
