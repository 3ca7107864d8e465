"""A model with records and labels."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.labelled import LabelledRecords


@pytest.fixture
def world(tmp_path: Path) -> Iterator[LabelledRecords]:
    made = LabelledRecords(tmp_path)
    yield made
    made.close()
