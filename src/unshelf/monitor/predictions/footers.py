"""What a merged file says of itself in its footer: of which segments its rows are, and which files it replaces."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow.parquet as pq

KEY = b"unshelf.merged"


class Part(NamedTuple):
    """The rows of a file that came out of one segment."""

    segment: str
    """The segment's name without its ending."""
    first: int
    rows: int | None
    """None: all that follow."""


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The footer of a merged file."""

    parts: tuple[Part, ...]
    """In the order of their rows."""
    replaced: dict[str, tuple[int, int]]
    """Each file that it stands for, also those that one of these stood for: name → its first row here, and how many."""


@lru_cache(maxsize=8192)
def _read(path: Path) -> Merged:
    metadata = pq.read_metadata(path).metadata or {}
    return msgspec.json.decode(metadata[KEY], type=Merged)


def merged_from(path: Path) -> Merged | None:
    """The footer of a merged file; None when it is gone. Files never change, and their names are never used again."""
    try:
        return _read(path)
    except FileNotFoundError:
        return None
