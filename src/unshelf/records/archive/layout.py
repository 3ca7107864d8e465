"""Where prediction records lie, in the folder `predictions`:

    *.seg                                                                  segments, which gateways write
    parquet/model=NAME/version=NUMBER/day=YYYY-MM-DD/SEGMENT.parquet       the archive: what closed segments become
                                                    /SEGMENT.merged-RANDOM.parquet   small files that became one
    *.damaged                                                              segments and files that can't be read, put aside
    staging/                                                               what compaction and merging have not published yet

Every file under `parquet` counts for every reader, and each record lies in one file there. Each row names its segment and its offset
in it, so that a record can be recognised wherever it lies. A reader of segments takes these first and leaves out the archive's files
that are named after them: the removal of a segment is the moment at which its records belong to the archive."""

import contextlib
import errno
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from unshelf.contracts.records import MAGIC, SEGMENT_STAMP, SEGMENT_SUFFIX

ARCHIVE = "parquet"
"""The archive's folder under `predictions`."""
STAGING = "staging"
"""The folder for files that no reader may see yet, on the file system of the archive."""
DAMAGED_SUFFIX = ".damaged"
"""The end of the name, in `predictions`, of what is put aside because it can't be read."""
MERGED = ".merged-"
"""A part of the name of every merged file, and of no other."""
SUFFIX = ".parquet"
UNKNOWN = "_"
"""The partition of records for unknown models: calls to made-up names make no folders of their own."""
_EPOCH = date(1970, 1, 1)
DAY_NS = 86_400 * 1_000_000_000


class ArchivedFile(NamedTuple):
    """A file of the archive."""

    key: str
    """The path below the archive's root: model=…/version=…/day=…/NAME. Files never change, and their keys are never used again."""
    size: int
    is_local: bool
    """Whether it lies in the home folder; else in S3."""

    @property
    def partition(self) -> str:
        """The key's folder."""
        return self.key.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The key's last part."""
        return self.key.rpartition("/")[2]

    @property
    def model(self) -> str:
        """The partition's model."""
        return model_of(self.key)

    @property
    def day(self) -> str:
        """The partition's day."""
        return self.key.split("/")[2].removeprefix("day=")

    @property
    def is_merged(self) -> bool:
        """Whether it holds the rows of several segments."""
        return MERGED in self.name

    @property
    def last_segment(self) -> str:
        """The segment that its name begins with, without ending. A merged file has rows of no later one."""
        return self.name.removesuffix(SUFFIX).partition(MERGED)[0]


def name_aside(key: str) -> str:
    """Return the name under which a damaged file of the archive lies in `predictions`, or is noted there if it is an object in S3."""
    return key.replace("/", ",") + DAMAGED_SUFFIX


def keys_aside(folder: Path) -> list[str]:
    """Return the keys of the archive's files that are put aside."""
    names = sorted(path.name for path in folder.glob(f"*{SUFFIX}{DAMAGED_SUFFIX}"))
    return [name.removesuffix(DAMAGED_SUFFIX).replace(",", "/") for name in names]


def model_of(key: str) -> str:
    """Return the model of a key."""
    return key.split("/", maxsplit=1)[0].removeprefix("model=")


def is_archive_key(key: str) -> bool:
    """Whether a path below the archive's root is a file of the archive."""
    parts = key.split("/")
    prefixes = ("model=", "version=", "day=")
    return (
        len(parts) == 4
        and all(part.startswith(prefix) for part, prefix in zip(parts, prefixes, strict=False))
        and parts[3].endswith(SUFFIX)
        and not parts[3].startswith(".")
    )


def partition(model: str, version: int, day: str) -> str:
    """Return a partition's path below the archive's root."""
    return f"model={model}/version={version}/day={day}"


def day_of(time_ns: int) -> str:
    """Return the day (UTC) of a moment."""
    return (_EPOCH + timedelta(days=time_ns // DAY_NS)).isoformat()


def end_of_day_ns(day: str) -> int:
    """Return the moment at which a day (UTC) ends."""
    return ((date.fromisoformat(day) - _EPOCH).days + 1) * DAY_NS


def today() -> date:
    """Return the present day (UTC)."""
    return datetime.now(UTC).date()


def segments(folder: Path) -> dict[str, Path]:
    """Return the segments by name without ending, in the order of their beginnings.

    A segment whose name begins with a dot is left to its gateway, which is about to name it: a lock would keep the gateway out. What
    is no file is no segment."""
    paths = sorted(path for path in folder.glob(f"[!.]*{SEGMENT_SUFFIX}") if path.is_file())
    return {path.name.removesuffix(SEGMENT_SUFFIX): path for path in paths}


def has_records_from_before(folder: Path, moment: datetime) -> bool:
    """Whether a segment that was begun before a moment has records: some of them may be from before it, and are not in the archive yet."""
    stamp = moment.astimezone(UTC).strftime(SEGMENT_STAMP)
    for name, path in segments(folder).items():
        if name >= stamp:
            return False
        with contextlib.suppress(FileNotFoundError):  # it became Parquet a moment ago
            if path.stat().st_size > len(MAGIC):
                return True
    return False


def is_unreadable(error: OSError) -> bool:
    """Whether an error says that this one file can't be read, by the disk or by its rights; others are read all the same."""
    return error.errno in (errno.EIO, errno.EACCES, errno.EPERM)
