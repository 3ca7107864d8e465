"""A platform's records and database, counted by the process itself, which runs here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.windows import CountedRecords


@pytest.fixture
def records(tmp_path: Path) -> Iterator[CountedRecords]:
    world = CountedRecords(tmp_path)
    yield world
    world.close()
