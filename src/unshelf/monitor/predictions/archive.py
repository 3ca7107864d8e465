"""The archive: where the Parquet made of segments lies, and which of it counts.

    predictions/parquet/model=<name>/version=<number>/day=<YYYY-MM-DD>/<segment>.parquet

A segment's files count once the segment is gone, and not before: its removal is the one moment at which its records move. So
whoever reads looks for segments first and for files second, and leaves out the files of the segments it found: then each
record is seen exactly once, whenever compaction may have been cut off."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from unshelf.contracts.records import SEGMENT_SUFFIX

ARCHIVE = "parquet"
"""The archive's folder under `predictions`."""
SUFFIX = ".parquet"
UNKNOWN = "_"
"""The partition of records for models that there are not: calls to made-up names make no folders of their own."""
_EPOCH = date(1970, 1, 1)
_DAY_NS = 86_400 * 1_000_000_000


class ArchivedFile(NamedTuple):
    """A file of the archive."""

    path: Path
    model: str
    version: int
    day: str

    @property
    def segment(self) -> str:
        """The name of the segment it was made of, without its ending."""
        return self.path.name.removesuffix(SUFFIX)


def day_of(time_ns: int) -> str:
    """The day (UTC) of a moment."""
    return (_EPOCH + timedelta(days=time_ns // _DAY_NS)).isoformat()


def end_of_day_ns(day: str) -> int:
    """The moment at which a day (UTC) ends."""
    return ((date.fromisoformat(day) - _EPOCH).days + 1) * _DAY_NS


def today() -> date:
    """The day (UTC) that it is."""
    return datetime.now(UTC).date()


def partition(folder: Path, model: str, version: int, day: str) -> Path:
    """The folder of a partition; `folder` is the one of the predictions."""
    return folder / ARCHIVE / f"model={model}" / f"version={version}" / f"day={day}"


def segments(folder: Path) -> dict[str, Path]:
    """The segments that there are, by name without ending, in the order of their beginnings."""
    return {path.name.removesuffix(SEGMENT_SUFFIX): path for path in sorted(folder.glob(f"*{SEGMENT_SUFFIX}"))}


def models(folder: Path) -> list[str]:
    """The models that the archive has a partition for."""
    return [value for value, _ in _parts(folder / ARCHIVE, "model=")]


def archived(
    folder: Path, wanted: Callable[[str], bool] | None = None, *, without: Iterable[str] = ()
) -> Iterator[ArchivedFile]:
    """The files of the models that are wanted, but for those of the segments `without`."""
    left_out = frozenset(without)
    for model, of_model in _parts(folder / ARCHIVE, "model="):
        if wanted is not None and not wanted(model):
            continue
        for version, of_version in _parts(of_model, "version="):
            for day, of_day in _parts(of_version, "day="):
                for name in _names(of_day):
                    if name.endswith(SUFFIX) and not name.startswith("."):
                        file = ArchivedFile(of_day / name, model, int(version), day)
                        if file.segment not in left_out:
                            yield file


def _parts(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    for name in _names(folder):
        if name.startswith(prefix):
            yield name.removeprefix(prefix), folder / name


def _names(folder: Path) -> list[str]:
    """The names in a folder; none when it is not there, or not any more."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 -- names are all that is wanted of thousands of entries
    except FileNotFoundError:
        return []
