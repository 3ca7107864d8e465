"""Where a record stands: cheap to keep by the million, where bodies are not."""

from pathlib import Path
from typing import NamedTuple


class Position(NamedTuple):
    """Where a record stands. Positions sort by the time of their records."""

    time_ns: int
    path: Path
    """A segment, or a file of the archive."""
    place: int
    """In a segment, as `contracts.records` says; in a file of the archive, rows."""
