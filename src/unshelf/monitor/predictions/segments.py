"""Finding records in segments and in the archive made of them: the newest of a selection, and those that come.

Bodies may be large, so what is kept while searching is where a record stands, not the record. A segment may become Parquet
at any moment; what was read of it before is then left out of its files (see archive)."""

import heapq
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from unshelf.contracts.records import SEGMENT_SUFFIX, SHEET_PLACES, PredictionRecord
from unshelf.contracts.scanning import read_segment, sheets_at
from unshelf.monitor.predictions.archive import SUFFIX, UNKNOWN, ArchivedFile, archived, end_of_day_ns, segments
from unshelf.monitor.predictions.archived import archived_record, find, moved, newest_ns
from unshelf.monitor.predictions.position import Position
from unshelf.monitor.predictions.selection import Selection

_SETTLED_SECONDS = 1.0


class Reader:
    """Reads the records in a folder for one selection: first `newest`, then `arrived` again and again to follow."""

    def __init__(self, folder: Path, selection: Selection) -> None:
        self._folder = folder
        self._selection = selection
        self._read_to: dict[str, int] = {}
        """The place up to which each segment was read, by name without ending."""
        self._sizes: dict[str, int] = {}
        """How large each was then: a torn tail is not read again until something comes after it."""
        self._read_parts: set[tuple[Path, str]] = set()
        """What of the archive was read, or holds nothing that is wanted: partition and segment, in whichever file it lies."""
        self._looked_ns = 0
        """When the folder had last changed as its archive was looked through."""

    def newest(self, count: int) -> list[Position]:
        """Where the last `count` records of the selection stand, oldest first.

        Segments are read from the one written to last; a segment holds nothing newer than its last write, so the search
        ends as soon as enough records are known that are newer than that. So it is with the archive's files."""
        kept = _Newest(count)
        for segment in sorted(self._segments(), key=lambda segment: segment.written_ns, reverse=True):
            settled = time.time_ns() - segment.written_ns > _SETTLED_SECONDS * 1e9
            if settled and not kept.wants(segment.written_ns):
                self._read_to[segment.stem] = segment.size * SHEET_PLACES
                self._sizes[segment.stem] = segment.size
                continue
            kept.add(self._read(segment))
        for file in sorted(self._new_files(), key=lambda file: (file.day, file.path.name), reverse=True):
            if not file.segments.isdisjoint(self._read_to):  # a segment became Parquet while we read it
                kept.add(find(file, self._selection, self._read_to))
            elif kept.wants(end_of_day_ns(file.day)) and kept.wants(newest_ns(file)):
                kept.add(find(file, self._selection))
        return kept.sorted()

    def arrived(self) -> list[Position]:
        """Where the records of the selection stand that came since the last look, oldest first."""
        found = [
            position
            for segment in self._segments()
            if segment.size > self._sizes.get(segment.stem, 0)
            for position in self._read(segment)
        ]
        for file in self._new_files():
            found += find(file, self._selection, self._read_to)
        return sorted(found)

    def _new_files(self) -> list[ArchivedFile]:
        """The files of the archive with those of their parts that were not read before.

        Segments must have been listed before this is called."""
        try:
            changed_ns = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return []
        # Each compaction ends with a change of the folder itself; one that was a moment ago may hide another.
        if changed_ns == self._looked_ns and time.time_ns() - changed_ns > _SETTLED_SECONDS * 1e9:
            return []
        self._looked_ns = changed_ns
        present = segments(self._folder)
        wanted = {self._selection.model, UNKNOWN}
        new = []
        for file in archived(self._folder, wanted.__contains__, without=present):
            parts = tuple(part for part in file.parts if (file.path.parent, part.segment) not in self._read_parts)
            if parts:
                new.append(file._replace(parts=parts))
                self._read_parts.update((file.path.parent, part.segment) for part in parts)
        return new

    def _segments(self) -> Iterator["_Segment"]:
        for path in segments(self._folder).values():
            try:
                facts = path.stat()
            except FileNotFoundError:  # removed since it was listed
                continue
            yield _Segment(path, facts.st_mtime_ns, facts.st_size)

    def _read(self, segment: "_Segment") -> Iterator[Position]:
        """The records of the selection in the part of a segment that was not read before."""
        self._sizes[segment.stem] = segment.size
        try:
            for place, after, record in read_segment(segment.path, place=self._read_to.get(segment.stem, 0)):
                if self._selection.takes(record):
                    yield Position(record.time_ns, segment.path, place)
                self._read_to[segment.stem] = after
        except FileNotFoundError:
            return


def records_of(positions: Iterable[Position]) -> Iterator[PredictionRecord]:
    """The records at these positions, without those that were removed since. Neighbours on one sheet are read with it."""
    for (path, _), group in groupby(positions, _sheet):
        together = list(group)
        if path.suffix != SUFFIX:
            try:
                for sheet in sheets_at(path, [position.place for position in together]):
                    yield from sheet.records()
                continue
            except ValueError:  # the disk does not give back any more what it gave a moment ago
                continue
            except FileNotFoundError:  # it became Parquet since, or was too old to be kept
                places = (moved(path, position.place) for position in together)
                together = [position for position in places if position]
        yield from filter(None, map(archived_record, together))


def _sheet(position: Position) -> tuple[Path, int]:
    return position.path, position.place // SHEET_PLACES


class _Segment(NamedTuple):
    path: Path
    written_ns: int
    size: int

    @property
    def stem(self) -> str:
        return self.path.name.removesuffix(SEGMENT_SUFFIX)


class _Newest:
    """The newest so many positions of all that are added."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: list[Position] = []

    def wants(self, latest_ns: int) -> bool:
        """Whether a record of this moment may still be among them."""
        return self._count > 0 and (len(self._kept) < self._count or self._kept[0].time_ns <= latest_ns)

    def add(self, positions: Iterable[Position]) -> None:
        """Take what is new enough."""
        for position in positions:
            if len(self._kept) < self._count:
                heapq.heappush(self._kept, position)
            elif self._count:
                heapq.heappushpop(self._kept, position)

    def sorted(self) -> list[Position]:
        """Them all, oldest first."""
        return sorted(self._kept)
