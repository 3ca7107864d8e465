"""Finding records in segments: the newest of a selection, and those that come.

Bodies may be large, so what is kept while searching is where a record stands, not the record."""

import heapq
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from unshelf.contracts.records import SEGMENT_SUFFIX, PredictionRecord, read_segment
from unshelf.monitor.predictions.selection import Selection

_SETTLED_SECONDS = 1.0


class Position(NamedTuple):
    """Where a record stands. Positions sort by the time of their records."""

    time_ns: int
    path: Path
    offset: int


class Reader:
    """Reads the segments of a folder for one selection: first `newest`, then `arrived` again and again to follow."""

    def __init__(self, folder: Path, selection: Selection) -> None:
        self._folder = folder
        self._selection = selection
        self._offsets: dict[Path, int] = {}
        """How far each segment was read."""
        self._sizes: dict[Path, int] = {}
        """How large each was then: a torn tail is not read again until something comes after it."""

    def newest(self, count: int) -> list[Position]:
        """Where the last `count` records of the selection stand, oldest first.

        Segments are read from the one written to last; a segment holds nothing newer than its last write, so the search
        ends as soon as enough records are known that are newer than that."""
        kept: list[Position] = []
        segments = sorted(self._segments(), key=lambda segment: segment.written_ns, reverse=True)
        for segment in segments:
            settled = time.time_ns() - segment.written_ns > _SETTLED_SECONDS * 1e9
            if settled and (not count or (len(kept) == count and kept[0].time_ns > segment.written_ns)):
                self._offsets[segment.path] = segment.size
                self._sizes[segment.path] = segment.size
                continue
            for position in self._read(segment):
                if len(kept) < count:
                    heapq.heappush(kept, position)
                elif count:
                    heapq.heappushpop(kept, position)
        return sorted(kept)

    def arrived(self) -> list[Position]:
        """Where the records of the selection stand that came since the last look, oldest first."""
        return sorted(
            position
            for segment in self._segments()
            if segment.size > self._sizes.get(segment.path, 0)
            for position in self._read(segment)
        )

    def _segments(self) -> Iterator["_Segment"]:
        for path in self._folder.glob(f"*{SEGMENT_SUFFIX}"):
            try:
                facts = path.stat()
            except FileNotFoundError:  # removed since it was listed
                continue
            yield _Segment(path, facts.st_mtime_ns, facts.st_size)

    def _read(self, segment: "_Segment") -> Iterator[Position]:
        """The records of the selection in the part of a segment that was not read before."""
        offset = self._offsets.get(segment.path, 0)
        self._sizes[segment.path] = segment.size
        try:
            for after, record in read_segment(segment.path, offset=offset):
                if self._selection.takes(record):
                    yield Position(record.time_ns, segment.path, offset)
                offset = self._offsets[segment.path] = after
        except FileNotFoundError:
            return


def record_at(position: Position) -> PredictionRecord | None:
    """The record at a position; None when its segment was removed since."""
    try:
        return next((record for _, record in read_segment(position.path, offset=position.offset)), None)
    except FileNotFoundError:
        return None


class _Segment(NamedTuple):
    path: Path
    written_ns: int
    size: int
