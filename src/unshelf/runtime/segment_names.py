"""Names of segments: when each was begun and, where the machine's clock was set back, after which records it was written.

Records are shown by their times. Once a clock was set back, those from before have times that lie ahead, so a segment that is begun then
says in its name that it follows them: `contracts.records.follows_ns` reads it."""

import contextlib
import secrets
import time
from pathlib import Path

from unshelf.contracts.records import FOLLOWS, SEGMENT_STAMP, SEGMENT_SUFFIX, follows_ns
from unshelf.runtime.durable import replacing

SET_BACK_NS = 1_000_000_000
"""By how much a clock has to be set back before it is noticed: more than it is corrected by as a matter of course."""
LATEST = "latest"
"""The file that says, in nanoseconds of Unix time, when the records last came that are in the archive."""
_SECOND_NS = 1_000_000_000
_COARSE_NS = 20_000_000
"""By how much the time at which a file was written may lie before the clock's."""


def name_segment(folder: Path, gateway: int, *, latest_ns: int = 0) -> str:
    """Return a name that no segment has, for one to be begun now among those of `folder`.

    `latest_ns`: a moment that it follows at least, where it lies ahead: the latest that the caller wrote at."""
    now = time.time_ns()
    follows = max(latest_ns, latest_arrival_ns(folder))
    after = f"{FOLLOWS}{_stamp(-(-(follows + _COARSE_NS) // _SECOND_NS))}" if follows - now > SET_BACK_NS else ""
    fraction = now % _SECOND_NS
    return f"{_stamp(now // _SECOND_NS)}{fraction:09d}-{gateway}-{secrets.token_hex(4)}{after}{SEGMENT_SUFFIX}"


def latest_arrival_ns(folder: Path) -> int:
    """Return the latest moment at which a record came, by the clocks of then; 0 without records."""
    latest = 0
    for path in folder.glob(f"*{SEGMENT_SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            latest = max(latest, arrival_ns(path))
    return max(latest, _kept_ns(folder))  # read last: it has what became Parquet since the folder was listed


def arrival_ns(segment: Path) -> int:
    """Return when the last record of a segment came, or those that it follows, whichever is later. Raises FileNotFoundError."""
    return max(segment.stat().st_mtime_ns, follows_ns(segment.name.removesuffix(SEGMENT_SUFFIX)))


def keep_arrival(folder: Path, segment: Path) -> None:
    """Note when the last record of a segment came that is about to be removed. One caller at a time."""
    latest = arrival_ns(segment)
    if latest > _kept_ns(folder):
        with replacing(folder / LATEST, lasting=False) as file:
            file.write(str(latest).encode())


def _kept_ns(folder: Path) -> int:
    try:
        return int((folder / LATEST).read_text())
    except (FileNotFoundError, ValueError):  # nothing was removed yet, or the machine went down as it was written
        return 0


def _stamp(seconds: int) -> str:
    return time.strftime(SEGMENT_STAMP, time.gmtime(seconds))
