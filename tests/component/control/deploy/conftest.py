"""Control in this process, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.in_process import InProcessControl, in_process_control


@pytest.fixture
def control(tmp_path: Path) -> Iterator[InProcessControl]:
    """A control over an empty home folder, and a host that does what it is asked."""
    with in_process_control(tmp_path / "home") as running:
        yield running
