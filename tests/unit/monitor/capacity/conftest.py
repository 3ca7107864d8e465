"""A real database with all that runs jobs over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.jobs import Workshop
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield Workshop(opened, tmp_path)
    opened.dispose()
