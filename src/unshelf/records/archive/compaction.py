"""`python -m unshelf.records.archive.compaction FOLDER RUN_FOLDER`: closed segments become Parquet.

A process of its own, started by control when there is something to do: it may use a processor for seconds and some hundred
megabytes, and gives both back by ending, while control goes on answering. Prints a line of JSON for each segment.

It may be killed at any moment; the next one goes on where it stopped:
1. The segment's files are written in the staging folder and flushed. A rename says that they are complete.
2. Each file is moved into the archive. A record appears there once, and is never taken back.
3. The segment is removed. Until then its files do not count for readers that know of segments (see layout).
4. The staging folder of the segment is removed."""

import gc
import logging
import os
import shutil
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from unshelf.contracts.protocols.records import Compacted
from unshelf.contracts.records import MAGIC, SEGMENT_SUFFIX, SHEET_PLACES, Sheet
from unshelf.records.archive import journal
from unshelf.records.archive.arrow_schemas import Tables
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import ARCHIVE, DAMAGED_SUFFIX, DAY_NS, SUFFIX, UNKNOWN, day_of, partition, segments
from unshelf.records.archive.throttle import no_rest, pace_for
from unshelf.records.archive.writing import parquet_writer
from unshelf.records.selection import addressed_by
from unshelf.records.signatures import PublishedSignatures, Signatures
from unshelf.records.without_pandas import without_pandas
from unshelf.runtime.durable import flush_folder, replacing, write_new
from unshelf.runtime.logging import configure_logging
from unshelf.runtime.machine.background import run_in_background
from unshelf.runtime.segment_names import keep_arrival
from unshelf.runtime.segment_reader import closed, heads, is_segment, sheets_at

_GROUP_BYTES = 8 << 20
"""About how many bytes of bodies a row group holds: what a reader of one record, or this process, has in memory at a time."""
_GROUP_ROWS = 20_000
_PIECE_BYTES = 1 << 20
_PIECE_ROWS = 2000
"""About how many records are handled between two rests."""
_NICENESS = 15
_ALLOCATIONS = 200_000
"""Allocations between two searches for cycles. Records make none, and the searches took a tenth of the time."""
_SEGMENTS = "segments"
"""The folder in the staging folder where segments become files, each in a folder of its name."""
_BUILDING = ".building-"
"""How the name of such a folder begins until all its files are complete."""
_SUMMARY = "summary.json"
_JOURNAL = "journal.json"

logger = logging.getLogger(__name__)
_Partition = tuple[str, int, str]


def main(arguments: Sequence[str]) -> int:
    """Compact every closed segment; 1 when one could not be."""
    configure_logging("compacting")
    run_in_background(_NICENESS)
    os.umask(0o077)
    gc.set_threshold(_ALLOCATIONS)
    without_pandas()
    archive, signatures = Archive(Path(arguments[0])), PublishedSignatures(Path(arguments[1]))
    failed = False
    present = segments(archive.folder)
    for segment in present.values():
        with closed(segment) as is_mine:
            if not is_mine:
                continue
            try:
                known = signatures.models | set(archive.models())
                done = _compact(archive, segment, signatures, known)
            except Exception as error:  # what is wrong with one segment shall not keep the others
                logger.exception("a segment can't be compacted", extra={"segment": segment.name, "error": str(error)})
                failed = True
                continue
        sys.stdout.buffer.write(msgspec.json.encode(done) + b"\n")
        sys.stdout.buffer.flush()
    _discard_leftovers(archive)
    return int(failed)


def _compact(archive: Archive, segment: Path, signatures: Signatures, known: set[str]) -> Compacted:
    """Have a closed segment become files of the archive, or finish what a killed process began."""
    staged = archive.staging / _SEGMENTS / segment.name.removesuffix(SEGMENT_SUFFIX)
    if not staged.exists():
        building = staged.with_name(f"{_BUILDING}{staged.name}")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(mode=0o700, parents=True)
        pace = pace_for(archive.folder, segment.stat().st_size)
        made = write_parquet(segment, building, signatures, known=known, rest=pace.rest)
        entry = _journal_entry(segment, Archive(building), made.records, pace.rest)
        write_new(building / _JOURNAL, msgspec.json.encode(entry))
        write_new(building / _SUMMARY, msgspec.json.encode(made))
        flush_folder(building)
        building.replace(staged)
        flush_folder(staged.parent)
    done = msgspec.json.decode((staged / _SUMMARY).read_bytes(), type=Compacted)
    if (staged / _JOURNAL).exists():
        journal.add(archive.folder, msgspec.json.decode((staged / _JOURNAL).read_bytes(), type=journal.JournalEntry))
    else:  # an earlier release staged them
        journal.add(archive.folder, _journal_entry(segment, Archive(staged), done.records))
    _publish(Archive(staged), archive)
    _take_away(segment, keep=done.kept_aside)
    shutil.rmtree(staged, ignore_errors=True)
    return done


def _journal_entry(segment: Path, made: Archive, rows: int, rest: Callable[[], None] = no_rest) -> journal.JournalEntry:
    sha256, size = journal.hashed(segment, rest)
    return journal.JournalEntry(
        sources=[journal.FileDigest(path=segment.name, sha256=sha256, rows=rows, bytes=size)],
        made=[journal.digest_of(made.path(file), file.key, rest) for file in made.local_files()],
    )


def _publish(staged: Archive, archive: Archive) -> None:
    """Move the staged files into the archive; on the disk when this returns."""
    touched: set[Path] = set()
    for file in staged.local_files():
        target = archive.path(file)
        with archive.switching():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            staged.path(file).replace(target)
        touched.update(target.parents[:5])
    for folder in sorted(touched):
        flush_folder(folder)


def _discard_leftovers(archive: Archive) -> None:
    """Remove staging folders whose segment is gone: all their files were moved before that."""
    staging = archive.staging / _SEGMENTS
    for staged in list(staging.iterdir()) if staging.exists() else ():
        if not (archive.folder / f"{staged.name.removeprefix(_BUILDING)}{SEGMENT_SUFFIX}").exists():
            shutil.rmtree(staged, ignore_errors=True)


def write_parquet(
    segment: Path,
    folder: Path,
    signatures: Signatures,
    *,
    known: set[str],
    wanted: Callable[[str], bool] | None = None,
    lasting: bool = True,
    rest: Callable[[], None] = no_rest,
) -> Compacted:
    """Write the segment's records as files of the archive in `folder`, and leave the segment.

    `known`: the models that have a partition of their own. `wanted`: whether a model's records are wanted; None: all are.
    `lasting`: have all on the disk when this returns. `rest` is called before each piece of the work."""
    found: dict[_Partition, array[int]] = {}
    size = segment.stat().st_size
    sound = last = len(MAGIC)

    @lru_cache(maxsize=4096)
    def places_of(model: str, version: int, reference: str, day: int) -> "array[int] | None":
        """Return the places found for a partition; None when it is not wanted."""
        model, _ = addressed_by(model, version, reference)
        if wanted is not None and not wanted(model):
            return None
        return found.setdefault((model if model in known else UNKNOWN, version, day_of(day * DAY_NS)), array("q"))

    rows = 0
    for sheet in heads(segment):
        sound, last = sound + sheet.end - sheet.begin, sheet.end
        # What decides is the same for thousands of records; the reference decides only where no version was chosen.
        reference = "" if sheet.version else sheet.reference
        numbers = [time_ns // DAY_NS for time_ns in sheet.times_ns]
        for number in set(numbers):
            places = places_of(sheet.model, sheet.version, reference, number)
            if places is not None:
                places.extend(place for place, each in enumerate(numbers, sheet.begin * SHEET_PLACES) if each == number)
        rows += len(numbers)
        if rows >= _PIECE_ROWS:
            rows = 0
            rest()
    stem = segment.name.removesuffix(SEGMENT_SUFFIX)
    touched: set[Path] = set()
    for (model, version, day), places in found.items():
        target = folder / ARCHIVE / partition(model, version, day)
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        groups = _groups(Tables(signatures.get((model, version))), segment, places, rest)
        _write_file(target / f"{stem}{SUFFIX}", groups, lasting=lasting)
        touched.update((target, *target.parents[:4]))
    for made in sorted(touched) if lasting else ():
        flush_folder(made)
    return Compacted(
        segment=segment.name,
        records=sum(map(len, found.values())),
        files=len(found),
        torn_bytes=max(size - sound, 0),
        kept_aside=sound != last or (size > len(MAGIC) and not is_segment(segment)),
        days=sorted({day for _, _, day in found}),
    )


def _take_away(segment: Path, *, keep: bool) -> None:
    """Remove the segment: from now on its records are those in the archive."""
    keep_arrival(segment.parent, segment)
    if keep:
        segment.rename(segment.with_name(segment.name + DAMAGED_SUFFIX))
    else:
        segment.unlink()
    flush_folder(segment.parent)


def _write_file(path: Path, groups: Iterator[Any], *, lasting: bool) -> None:
    with replacing(path, lasting=lasting) as file:
        first = next(groups)
        with parquet_writer(file, first.schema) as writer:
            for group in chain([first], groups):
                writer.write_table(group)


def _groups(tables: Tables, segment: Path, places: Sequence[int], rest: Callable[[], None]) -> Iterator[Any]:
    """Yield tables of as many records as make a row group, made piece by piece."""
    stem = segment.name.removesuffix(SEGMENT_SUFFIX)
    group: list[Any] = []
    rows = size = 0
    for here, sheets, bodies in _pieces(segment, places):
        rest()
        group.append(tables.table(stem, here, sheets))
        rows, size = rows + len(here), size + bodies
        if size >= _GROUP_BYTES or rows >= _GROUP_ROWS:
            rest()  # writing it is a piece too
            yield pa.concat_tables(group)
            group, rows, size = [], 0, 0
    if group:
        yield pa.concat_tables(group)


def _pieces(segment: Path, places: Sequence[int]) -> Iterator[tuple[Sequence[int], list[Sheet], int]]:
    """Yield places, the records there, and the bytes of their bodies, as many at a time as make a piece."""
    begin = end = size = 0
    piece: list[Sheet] = []
    for sheet in sheets_at(segment, places):
        piece.append(sheet)
        end += len(sheet.own)
        size += sum([len(own.input) + len(own.output) for own in sheet.own])
        if size >= _PIECE_BYTES or end - begin >= _PIECE_ROWS:
            yield places[begin:end], piece, size
            begin, piece, size = end, [], 0
    if piece:
        yield places[begin:], piece, size


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
