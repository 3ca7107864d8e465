"""A folder of predictions, and a database with the tables of events and closed files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import archive
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.records.ledger.tables import ClosedFileRow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return archive.folder(tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    assert ClosedFileRow.__tablename__ in Base.metadata.tables
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()
