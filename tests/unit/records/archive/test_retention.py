"""Retention of segments."""

import os
from pathlib import Path

from unshelf.contracts.records import MAGIC
from unshelf.records.archive.retention import discard_leftovers


def test_segments_that_never_got_their_name_go(folder: Path) -> None:
    left = folder / ".1-0-a.seg"
    left.write_bytes(MAGIC)
    discard_leftovers(folder)
    assert left.exists()  # its gateway may be about to name it
    os.utime(left, (0, 0))
    discard_leftovers(folder)
    assert not left.exists()
