"""A registry with roles of columns over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deploying import Deploying


@pytest.fixture
def deploying(tmp_path: Path) -> Iterator[Deploying]:
    made = Deploying(tmp_path)
    yield made
    made.database.dispose()
