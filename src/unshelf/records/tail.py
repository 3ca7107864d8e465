"""Finding records in segments and in the archive: the newest of a selection, and each that arrives.

Bodies may be large, so a search keeps where records lie, not the records. A segment may become Parquet at any moment; what was read of it
before is then left out of its files (see archive/layout)."""

import heapq
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from unshelf.contracts.records import SEGMENT_SUFFIX, SHEET_PLACES, PredictionRecord, follows_ns
from unshelf.records.archive.files import Archive, DamagedFile, segments_of
from unshelf.records.archive.layout import MERGED, UNKNOWN, ArchivedFile, end_of_day_ns, is_unreadable, segments
from unshelf.records.archive.read import RecordLocation, archived_record, find, newest_ns
from unshelf.records.selection import Selection
from unshelf.runtime.segment_names import SET_BACK_NS
from unshelf.runtime.segment_reader import read_segment, sheets_at

_SETTLED_SECONDS = 1.0

logger = logging.getLogger(__name__)
_ReadFile = Callable[[ArchivedFile, frozenset[str]], Iterable[RecordLocation]]


class TailReader:
    """Reads the records of one selection: first `newest`, then `arrived` again and again to follow."""

    def __init__(self, archive: Archive, selection: Selection) -> None:
        self._archive = archive
        self._selection = selection
        self._read_to: dict[str, int] = {}
        """The offset up to which each segment was read, by name without ending."""
        self._sizes: dict[str, int] = {}
        """How large each was then: a torn tail is not read again until something comes after it."""
        self._known_files: set[str] = set()
        """The keys of the archive's files that were looked at."""
        self._known_parts: set[tuple[str, str]] = set()
        """Partition and segment of the rows in those of the home folder, which may be merged into others; files in S3 never are."""
        self._looked_ns = 0
        """When the folder had last changed as its archive was looked through."""

    def newest(self, count: int) -> list[RecordLocation]:
        """Return where the last `count` records of the selection lie, oldest first.

        Segments are read from the one written to last; a segment holds nothing newer than its last write, so the search
        ends as soon as enough records are known that are newer than that. So it is with the archive's files."""
        kept, since_ns = _Newest(count), self._selection.since_ns
        for segment in sorted(self._segments(), key=_last_to_come, reverse=True):
            settled = time.time_ns() - segment.written_ns > _SETTLED_SECONDS * 1e9
            if settled and (segment.written_ns < since_ns or not kept.wants(*_last_to_come(segment))):
                self._read_to[segment.stem] = segment.size * SHEET_PLACES
                self._sizes[segment.stem] = segment.size
                continue
            kept.add(in_order_of_arrival(self._read(segment), count))

        def read(file: ArchivedFile, parts: frozenset[str]) -> Iterable[RecordLocation]:
            overlaps = not parts.isdisjoint(self._read_to)  # a segment became Parquet while we read it
            follows = max(map(follows_ns, {*parts, file.last_segment}))

            def may_hold(latest_ns: int) -> bool:
                return kept.wants(max(latest_ns, follows), latest_ns)

            is_new = end_of_day_ns(file.day) >= since_ns and may_hold(end_of_day_ns(file.day))
            if overlaps or (is_new and may_hold(newest_ns(self._archive, file))):
                return find(self._archive, file, self._selection, only=parts or None, read_to=self._read_to)
            return ()

        kept.add(in_order_of_arrival(self._visit(read), count))
        return kept.sorted()

    def arrived(self) -> list[RecordLocation]:
        """Return where the records of the selection lie that came since the last look, oldest first."""
        found = [
            location
            for segment in self._segments()
            if segment.size > self._sizes.get(segment.stem, 0)
            for location in self._read(segment)
        ]

        def read(file: ArchivedFile, parts: frozenset[str]) -> Iterable[RecordLocation]:
            return find(self._archive, file, self._selection, only=parts, read_to=self._read_to)

        found += self._visit(read)
        return sorted(in_order_of_arrival(found, len(found)))

    def _visit(self, read: _ReadFile) -> Iterator[RecordLocation]:
        """Yield what `read` finds in the archive's files that hold something new, the newest first.

        Segments must have been listed before this is called. Files that are merged or moved meanwhile are looked for again."""
        complete, is_again = False, False
        while not complete:
            files, complete = self._new_files(is_again=is_again)
            is_again = True
            for file, parts in files:
                try:
                    yield from read(file, parts)
                except FileNotFoundError:
                    self._known_files.discard(file.key)
                    self._known_parts.difference_update((file.partition, part) for part in parts)
                    complete = False
                except DamagedFile as damaged:
                    self._archive.put_aside(damaged)

    def _new_files(self, *, is_again: bool) -> tuple[list[tuple[ArchivedFile, frozenset[str]]], bool]:
        """Return the files that hold something new, each with the segments of which it does, and whether none was gone already."""
        try:
            changed_ns = self._archive.folder.stat().st_mtime_ns
        except FileNotFoundError:
            return [], True
        # Each compaction ends with a change of the folder itself; one that was a moment ago may hide another.
        if not is_again and changed_ns == self._looked_ns and time.time_ns() - changed_ns > _SETTLED_SECONDS * 1e9:
            return [], True
        is_first, self._looked_ns = not self._looked_ns, changed_ns
        present = segments(self._archive.folder)
        wanted = {self._selection.model, UNKNOWN}
        new, complete = [], True
        for file in self._archive.files(wanted.__contains__, without=present):
            if file.key in self._known_files:
                continue
            try:
                parts = self._new_parts(file, is_first=is_first)
            except FileNotFoundError:
                complete = False
                continue
            except DamagedFile as damaged:
                self._archive.put_aside(damaged)
                continue
            self._known_files.add(file.key)
            if parts or is_first:
                new.append((file, parts))
        return sorted(new, key=lambda each: (each[0].day, each[0].name), reverse=True), complete

    def _new_parts(self, file: ArchivedFile, *, is_first: bool) -> frozenset[str]:
        """Return the segments of a file that were not looked at before."""
        if is_first and not file.is_local and file.last_segment < min(self._read_to, default="~"):
            return frozenset()  # none that was read: there is no need to fetch the file to know
        parts = frozenset(
            part for part in segments_of(self._archive, file) if (file.partition, part) not in self._known_parts
        )
        self._known_parts.update((file.partition, part) for part in parts)
        return parts

    def _segments(self) -> Iterator["_Segment"]:
        for path in segments(self._archive.folder).values():
            try:
                facts = path.stat()
            except FileNotFoundError:  # removed since it was listed
                continue
            yield _Segment(path, facts.st_mtime_ns, facts.st_size)

    def _read(self, segment: "_Segment") -> Iterator[RecordLocation]:
        """Yield the selection's records in the part of a segment that was not read before."""
        self._sizes[segment.stem] = segment.size
        follows = follows_ns(segment.stem)
        try:
            for offset, after, record in read_segment(segment.path, place=self._read_to.get(segment.stem, 0)):
                if self._selection.takes(record):
                    arrived_ns, written_ns = max(record.time_ns, follows), record.time_ns + record.latency_us * 1000
                    yield RecordLocation(
                        arrived_ns, record.time_ns, segment.stem, offset, self._archive, written_ns=written_ns
                    )
                self._read_to[segment.stem] = after
        except FileNotFoundError:
            return
        except OSError as error:
            if not is_unreadable(error):
                raise
            logger.error("a segment can't be read", extra={"segment": segment.path.name, "reason": str(error)})


def in_order_of_arrival(found: Iterable[RecordLocation], count: int) -> Iterator[RecordLocation]:
    """Yield the last `count` locations of each segment, and those of the latest `count` times, with times by which they sort as they were
    written.

    Where the clock was set back while a segment was written, what was written before has later times than what came after; it gets the
    time of that. Merged files of the first release don't tell the segments of their rows: these keep their times."""
    segments_found: dict[str, tuple[_Newest, _Newest]] = {}
    for location in found:
        if MERGED in location.segment:
            yield location
            continue
        if location.segment not in segments_found:
            segments_found[location.segment] = (_Newest(count), _Newest(count, key=_offset))
        for kept in segments_found[location.segment]:
            kept.add([location])
    for by_time, by_offset in segments_found.values():
        both = {location.offset: location for kept in (by_time, by_offset) for location in kept.sorted()}
        earliest_ns = written_ns = sys.maxsize
        for _, location in sorted(both.items(), reverse=True):
            if location.written_ns > written_ns + SET_BACK_NS:
                time_ns = min(location.time_ns, earliest_ns)
                location = location._replace(  # noqa: PLW2901
                    arrived_ns=max(time_ns, follows_ns(location.segment)), time_ns=time_ns
                )
            else:
                written_ns = min(written_ns, location.written_ns)
            earliest_ns = min(earliest_ns, location.time_ns)
            yield location


def _offset(location: RecordLocation) -> int:
    return location.offset


def _last_to_come(segment: "_Segment") -> tuple[int, int]:
    """No record of a segment sorts after this."""
    return max(segment.written_ns, follows_ns(segment.stem)), segment.written_ns


def records_at(locations: Iterable[RecordLocation]) -> Iterator[PredictionRecord]:
    """Yield the records at these locations, without those that were removed since. Neighbours on one sheet are read together."""
    for (in_segment, segment, _), group in groupby(locations, _sheet):
        together = list(group)
        if in_segment:
            path = together[0].archive.folder / f"{segment}{SEGMENT_SUFFIX}"
            try:
                for sheet in sheets_at(path, [location.offset for location in together]):
                    yield from sheet.records()
                continue
            except ValueError:  # the disk does not give back any more what it gave a moment ago
                continue
            except FileNotFoundError:  # it became Parquet since
                pass
        yield from filter(None, map(archived_record, together))


def _sheet(location: RecordLocation) -> tuple[bool, str, int]:
    return location.file is None, location.segment, location.offset // SHEET_PLACES


class _Segment(NamedTuple):
    path: Path
    written_ns: int
    size: int

    @property
    def stem(self) -> str:
        return self.path.name.removesuffix(SEGMENT_SUFFIX)


class _Newest:
    """The newest `count` locations of all that are added: the last by `key`, else as they sort."""

    def __init__(self, count: int, *, key: Callable[[RecordLocation], int] = lambda _: 0) -> None:
        self._count = count
        self._key = key
        self._kept: list[tuple[int, RecordLocation]] = []

    def wants(self, arrived_ns: int, time_ns: int) -> bool:
        """Tell whether a record that came then may still be among them."""
        return self._count > 0 and (len(self._kept) < self._count or self._kept[0][1][:2] <= (arrived_ns, time_ns))

    def add(self, locations: Iterable[RecordLocation]) -> None:
        """Take the locations that are new enough."""
        for location in locations:
            if len(self._kept) < self._count:
                heapq.heappush(self._kept, (self._key(location), location))
            elif self._count:
                heapq.heappushpop(self._kept, (self._key(location), location))

    def sorted(self) -> list[RecordLocation]:
        """Return all locations kept, oldest first."""
        return sorted(location for _, location in self._kept)
