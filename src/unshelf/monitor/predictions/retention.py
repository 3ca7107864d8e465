"""Retention: what is too old or too much goes, the oldest first."""

import contextlib
import logging
import os
import time
from datetime import date, timedelta
from pathlib import Path

from unshelf.contracts.records import SEGMENT_SUFFIX, closed
from unshelf.monitor.predictions.archive import ARCHIVE, ArchivedFile, archived, segments
from unshelf.monitor.predictions.footers import merged_from

_NAMED_SECONDS = 60.0
"""A segment has its name this long after it was begun."""

logger = logging.getLogger(__name__)


def retain(folder: Path, *, days: int | None, max_bytes: int | None, today: date) -> int:
    """Remove the archive's files of days that lie more than `days` back, then the oldest until all records together have at
    most `max_bytes`; None: no limit. Tells how many files went.

    Segments are counted but stay: they are written, or become Parquet in a moment."""
    present = segments(folder)
    files = sorted(archived(folder, without=present), key=lambda file: (file.day, file.path.name))
    oldest = (today - timedelta(days=days)).isoformat() if days is not None else ""
    going = [file for file in files if file.day < oldest]
    if max_bytes is not None:
        sizes = {file: _size(file.path) for file in files}
        excess = sum(sizes.values()) + sum(map(_size, present.values())) - max_bytes
        excess -= sum(sizes[file] for file in going)
        for file in files[len(going) :]:
            if excess <= 0:
                break
            going.append(file)
            excess -= sizes[file]
    for file in going:
        _remove(file)
    if going:
        # Readers who look for new files look again when the folder itself has changed.
        os.utime(folder)
        logger.info("prediction records were removed", extra={"files": len(going), "up_to_day": going[-1].day})
    return len(going)


def discard_leftovers(folder: Path) -> None:
    """Remove what gateways that were killed had begun but not named yet."""
    for path in folder.glob(f".*{SEGMENT_SUFFIX}"):
        with closed(path) as is_abandoned:
            if is_abandoned and time.time() - path.stat().st_mtime > _NAMED_SECONDS:
                path.unlink()


def _remove(file: ArchivedFile) -> None:
    if file.is_merged and (merged := merged_from(file.path)) is not None:
        for name in merged.replaced:  # first, or they would count again
            file.path.with_name(name).unlink(missing_ok=True)
    file.path.unlink(missing_ok=True)
    for folder in file.path.parents:
        if folder.name == ARCHIVE:
            return
        with contextlib.suppress(OSError):  # not empty: another file is there, or is just being put there
            folder.rmdir()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
