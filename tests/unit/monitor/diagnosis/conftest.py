"""Records of a model that can be looked into."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.diagnosing import DiagnosedRecords


@pytest.fixture
def records(tmp_path: Path) -> Iterator[DiagnosedRecords]:
    world = DiagnosedRecords(tmp_path)
    yield world
    world.close()
