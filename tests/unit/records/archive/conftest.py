"""A folder of predictions, with the routing table that says their types."""

from pathlib import Path

import pytest

from tests.support import archive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return archive.folder(tmp_path)
