"""The archive: where the Parquet made of segments lies, and which of it counts.

    predictions/parquet/model=<name>/version=<number>/day=<YYYY-MM-DD>/<segment>.parquet
                                                                      /<segment>.merged-<random>.parquet

A segment's files count once the segment is gone, and not before: its removal is the one moment at which its records move. So
whoever reads looks for segments first and for files second, and leaves out the files of the segments it found: then each
record is seen exactly once, whenever compaction may have been cut off.

A merged file holds the rows of others, which it names in its footer. Those do not count from the moment at which it has its
name; they are removed only a while later, so that nobody who found them before finds them gone (see merging)."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from unshelf.contracts.records import SEGMENT_SUFFIX
from unshelf.monitor.predictions.footers import Part, merged_from

MERGED = ".merged-"
"""What the name of a merged file has in it, and no other."""
ARCHIVE = "parquet"
"""The archive's folder under `predictions`."""
SUFFIX = ".parquet"
UNKNOWN = "_"
"""The partition of records for models that there are not: calls to made-up names make no folders of their own."""
_EPOCH = date(1970, 1, 1)
DAY_NS = 86_400 * 1_000_000_000


class ArchivedFile(NamedTuple):
    """A file of the archive."""

    path: Path
    model: str
    version: int
    day: str
    parts: tuple[Part, ...]
    """One; a merged file has one for each segment."""

    @property
    def is_merged(self) -> bool:
        """Whether it holds the rows of other files."""
        return MERGED in self.path.name

    @property
    def segments(self) -> frozenset[str]:
        """The segments it was made of."""
        return frozenset(part.segment for part in self.parts)


def day_of(time_ns: int) -> str:
    """The day (UTC) of a moment."""
    return (_EPOCH + timedelta(days=time_ns // DAY_NS)).isoformat()


def end_of_day_ns(day: str) -> int:
    """The moment at which a day (UTC) ends."""
    return ((date.fromisoformat(day) - _EPOCH).days + 1) * DAY_NS


def today() -> date:
    """The day (UTC) that it is."""
    return datetime.now(UTC).date()


def partition(folder: Path, model: str, version: int, day: str) -> Path:
    """The folder of a partition; `folder` is the one of the predictions."""
    return folder / ARCHIVE / f"model={model}" / f"version={version}" / f"day={day}"


def segments(folder: Path) -> dict[str, Path]:
    """The segments that there are, by name without ending, in the order of their beginnings. One that its gateway is about to
    name is none yet: whoever locked it would keep the gateway from it."""
    return {path.name.removesuffix(SEGMENT_SUFFIX): path for path in sorted(folder.glob(f"[!.]*{SEGMENT_SUFFIX}"))}


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
                for path, parts in _counting(of_day):
                    file = ArchivedFile(path, model, int(version), day, parts)
                    # The segments of a merged file are gone for certain, also when they were seen a moment ago.
                    if file.is_merged or left_out.isdisjoint(file.segments):
                        yield file


def _counting(folder: Path) -> Iterator[tuple[Path, tuple[Part, ...]]]:
    """The files of a partition that no merged file has replaced, each with its parts."""
    names = [name for name in _names(folder) if name.endswith(SUFFIX) and not name.startswith(".")]
    merged = {name: found for name in names if MERGED in name and (found := merged_from(folder / name)) is not None}
    replaced = {name for each in merged.values() for name in each.replaced}
    for name in names:
        if name in replaced:
            continue
        if name in merged:
            yield folder / name, merged[name].parts
        elif MERGED not in name:
            yield folder / name, (Part(name.removesuffix(SUFFIX), 0, None),)


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
