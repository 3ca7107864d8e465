"""`python -m unshelf.monitor.predictions.compacting FOLDER ROUTING_TABLE`: closed segments become Parquet.

A process of its own, started by control when there is something to do: it may use a processor for seconds and some hundred
megabytes, and gives both back by ending, while control goes on answering. Prints a line of JSON for each segment.

It may be cut off at any moment. The files of a segment are written under their names, which follow from the segment's name
and its records, and flushed; then the segment is removed. Until then it is what readers read (see archive)."""

import gc
import logging
import os
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from unshelf.contracts.disk import flush_folder
from unshelf.contracts.logs import configure_logging
from unshelf.contracts.records import (
    MAGIC,
    SEGMENT_SUFFIX,
    SHEET_PLACES,
    Sheet,
    closed,
)
from unshelf.contracts.routing import RoutingTable
from unshelf.contracts.scanning import heads, is_segment, sheets_at
from unshelf.contracts.signature import Signature
from unshelf.monitor.predictions.archive import DAY_NS, SUFFIX, UNKNOWN, archived, day_of, models, partition, segments
from unshelf.monitor.predictions.pace import no_rest, pace_for
from unshelf.monitor.predictions.selection import addressed_by
from unshelf.monitor.predictions.tables import Tables
from unshelf.monitor.predictions.without_pandas import without_pandas
from unshelf.monitor.predictions.writing import parquet_writer

_GROUP_BYTES = 8 << 20
"""About how much of bodies a row group holds: what a reader of one record, or this process, has in memory at a time."""
_GROUP_ROWS = 20_000
_PIECE_BYTES = 1 << 20
_PIECE_ROWS = 2000
"""About how much is done between two rests."""
_NICENESS = 15
_ALLOCATIONS = 200_000
"""After so many the interpreter looks for cycles. Records make none, and looking for them took a tenth of the time."""
DAMAGED_SUFFIX = ".damaged"

logger = logging.getLogger(__name__)
_Partition = tuple[str, int, str]
_Signatures = Mapping[tuple[str, int], Signature]


class Compacted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a segment."""

    segment: str
    records: int
    files: int
    torn_bytes: int
    """Bytes that were no whole record: the tail of a gateway that was killed while it wrote, which was never answered."""
    kept_aside: bool
    """Whether sound records stood behind broken bytes, which no gateway leaves: the segment stays as `.damaged`."""


def main(arguments: Sequence[str]) -> int:
    """Compact every closed segment; 1 when one could not be."""
    configure_logging("compacting")
    os.nice(_NICENESS)
    os.umask(0o077)
    gc.set_threshold(_ALLOCATIONS)
    without_pandas()
    folder, table = Path(arguments[0]), read_table(Path(arguments[1]))
    signatures = signatures_of(table)
    failed = False
    for segment in segments(folder).values():
        with closed(segment) as is_mine:
            if not is_mine:
                continue
            try:
                discard_unfinished(folder, segment)
                known = {*table.models, *models(folder)}
                pace = pace_for(folder, segment.stat().st_size)
                done = write_parquet(segment, folder, signatures, known=known, rest=pace.rest)
                _take_away(segment, keep=done.kept_aside)
            except Exception as error:  # what is wrong with one segment shall not keep the others
                logger.exception("a segment can't be compacted", extra={"segment": segment.name, "error": str(error)})
                failed = True
                continue
        sys.stdout.buffer.write(msgspec.json.encode(done) + b"\n")
        sys.stdout.buffer.flush()
    return int(failed)


def read_table(path: Path) -> RoutingTable:
    """The routing table, which knows the signatures; an empty one when there is none yet."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=RoutingTable)
    except FileNotFoundError:
        return RoutingTable(generation=0)


def signatures_of(table: RoutingTable) -> dict[tuple[str, int], Signature]:
    """The signatures of all versions that there are."""
    return {
        (name, number): version.signature
        for name, model in table.models.items()
        for number, version in model.versions.items()
    }


def discard_unfinished(folder: Path, segment: Path) -> None:
    """Remove the files of a compaction of this segment that was cut off: its records might be divided otherwise now."""
    stem = segment.name.removesuffix(SEGMENT_SUFFIX)
    for file in archived(folder):
        if file.path.name == f"{stem}{SUFFIX}":
            file.path.unlink()


def write_parquet(
    segment: Path,
    folder: Path,
    signatures: _Signatures,
    *,
    known: set[str],
    wanted: Callable[[str], bool] | None = None,
    lasting: bool = True,
    rest: Callable[[], None] = no_rest,
) -> Compacted:
    """The segment's records as files in the archive of `folder`, on the disk when this returns. The segment stays.

    `known`: the models that have a partition of their own. `wanted`: whether a model's records are; None: all are.
    `lasting`: whether they shall survive a power cut. `rest`: is called before each piece of the work."""
    found: dict[_Partition, array[int]] = {}
    size = segment.stat().st_size
    sound = last = len(MAGIC)

    @lru_cache(maxsize=4096)
    def places_of(model: str, version: int, reference: str, day: int) -> "array[int] | None":
        """Where the records of a partition that is wanted stand."""
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
    name = f"{segment.name.removesuffix(SEGMENT_SUFFIX)}{SUFFIX}"
    touched: set[Path] = set()
    for (model, version, day), places in found.items():
        target = partition(folder, model, version, day)
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        groups = _groups(Tables(signatures.get((model, version))), segment, places, rest)
        _write_file(target / name, groups, lasting=lasting)
        touched.update((target, *target.parents[:4]))
    for made in sorted(touched) if lasting else ():
        flush_folder(made)
    return Compacted(
        segment=segment.name,
        records=sum(map(len, found.values())),
        files=len(found),
        torn_bytes=max(size - sound, 0),
        kept_aside=sound != last or (size > len(MAGIC) and not is_segment(segment)),
    )


def _take_away(segment: Path, *, keep: bool) -> None:
    """From now on the segment's records are those in the archive."""
    if keep:
        segment.rename(segment.with_name(segment.name + DAMAGED_SUFFIX))
    else:
        segment.unlink()
    flush_folder(segment.parent)


def _write_file(path: Path, groups: Iterator[Any], *, lasting: bool) -> None:
    temporary = path.with_name(f".{path.name}")
    try:
        with temporary.open("wb") as file:
            first = next(groups)
            with parquet_writer(file, first.schema) as writer:
                for group in chain([first], groups):
                    writer.write_table(group)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _groups(tables: Tables, segment: Path, places: Sequence[int], rest: Callable[[], None]) -> Iterator[Any]:
    """Tables of as many records as make a row group, made piece by piece."""
    group: list[Any] = []
    rows = size = 0
    for here, sheets, bodies in _pieces(segment, places):
        rest()
        group.append(tables.table(here, sheets))
        rows, size = rows + len(here), size + bodies
        if size >= _GROUP_BYTES or rows >= _GROUP_ROWS:
            rest()  # writing it is a piece too
            yield pa.concat_tables(group)
            group, rows, size = [], 0, 0
    if group:
        yield pa.concat_tables(group)


def _pieces(segment: Path, places: Sequence[int]) -> Iterator[tuple[Sequence[int], list[Sheet], int]]:
    """Places and what stands there, as many records at a time as make a piece, and the bytes of their bodies."""
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
