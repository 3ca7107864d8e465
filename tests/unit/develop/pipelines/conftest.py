"""A real database with all that runs pipelines over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pipelines import Line
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield Line(opened, tmp_path)
    opened.dispose()
