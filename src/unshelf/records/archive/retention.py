"""Retention: records that are too old or too many are removed, the oldest first."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from unshelf.contracts.records import SEGMENT_SUFFIX
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import ArchivedFile, segments
from unshelf.runtime.segment_reader import closed

_NAMED_SECONDS = 60.0
"""A segment has its name this long after it was begun."""

logger = logging.getLogger(__name__)


def retain(
    archive: Archive,
    *,
    days: int | None,
    max_bytes: int | None,
    today: date,
    removing: Callable[[Sequence[ArchivedFile], str], object] | None = None,
) -> int:
    """Remove the files of days that lie more than `days` back, then the oldest until all records together have at most
    `max_bytes`; None: no limit. Return how many were removed.

    Segments are counted but stay: they are being written, or become Parquet in a moment. `removing` is called with the files and the
    reason before they are removed."""
    if days is None and max_bytes is None:
        return 0
    present = segments(archive.folder)
    files = sorted(archive.files(without=present), key=lambda file: (file.day, file.name))
    oldest = (today - timedelta(days=days)).isoformat() if days is not None else ""
    expired = [file for file in files if file.day < oldest]
    if max_bytes is not None:
        excess = sum(file.size for file in files) + sum(map(_size, present.values())) - max_bytes
        excess -= sum(file.size for file in expired)
        for file in files[len(expired) :]:
            if excess <= 0:
                break
            expired.append(file)
            excess -= file.size
    if expired and removing is not None:
        removing(expired, f"Kept for {days} days, and at most {max_bytes} bytes.".replace("None", "any number of"))
    archive.remove(expired)
    if expired:
        logger.info("prediction records were removed", extra={"files": len(expired), "up_to_day": expired[-1].day})
    return len(expired)


def discard_leftovers(folder: Path) -> None:
    """Remove segments that gateways had begun but not named when they were killed."""
    for path in folder.glob(f".*{SEGMENT_SUFFIX}"):
        with closed(path) as is_abandoned:
            if is_abandoned and time.time() - path.stat().st_mtime > _NAMED_SECONDS:
                path.unlink()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
