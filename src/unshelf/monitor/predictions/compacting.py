"""`python -m unshelf.monitor.predictions.compacting FOLDER ROUTING_TABLE`: closed segments become Parquet.

A process of its own, started by control when there is something to do: it may use a processor for seconds and some hundred
megabytes, and gives both back by ending, while control goes on answering. Prints a line of JSON for each segment.

It may be cut off at any moment. The files of a segment are written under their names, which follow from the segment's name
and its records, and flushed; then the segment is removed. Until then it is what readers read (see archive)."""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from unshelf.contracts.logs import configure_logging
from unshelf.contracts.records import (
    MAGIC,
    SEGMENT_SUFFIX,
    PredictionRecord,
    closed,
    is_segment,
    read_closed_segment,
    records_at,
)
from unshelf.contracts.routing import RoutingTable
from unshelf.contracts.signature import Signature
from unshelf.foundation.files import flush_folder
from unshelf.monitor.predictions.archive import SUFFIX, UNKNOWN, archived, day_of, models, partition, segments
from unshelf.monitor.predictions.selection import addressed
from unshelf.monitor.predictions.tables import schema_of, table_of

_GROUP_BYTES = 8 << 20
"""About how much of bodies a row group holds: what a reader of one record, or this process, has in memory at a time."""
_GROUP_ROWS = 20_000
_NICENESS = 15
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
    folder, table = Path(arguments[0]), read_table(Path(arguments[1]))
    signatures = signatures_of(table)
    failed = False
    for segment in segments(folder).values():
        with closed(segment) as is_mine:
            if not is_mine:
                continue
            try:
                discard_unfinished(folder, segment)
                done = write_parquet(segment, folder, signatures, known={*table.models, *models(folder)})
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
) -> Compacted:
    """The segment's records as files in the archive of `folder`, on the disk when this returns. The segment stays.

    `known`: the models that have a partition of their own. `wanted`: whether a model's records are; None: all are.
    `lasting`: whether they shall survive a power cut."""
    places: dict[_Partition, list[int]] = {}
    size = segment.stat().st_size
    sound = last = len(MAGIC)
    for begin, end, record in read_closed_segment(segment):
        sound, last = sound + end - begin, end
        model, _ = addressed(record)
        if wanted is None or wanted(model):
            place = (model if model in known else UNKNOWN, record.version, day_of(record.time_ns))
            places.setdefault(place, []).append(begin)
    name = f"{segment.name.removesuffix(SEGMENT_SUFFIX)}{SUFFIX}"
    touched: set[Path] = set()
    for (model, version, day), offsets in places.items():
        target = partition(folder, model, version, day)
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_file(target / name, segment, offsets, signatures.get((model, version)), lasting=lasting)
        touched.update((target, *target.parents[:4]))
    for made in sorted(touched) if lasting else ():
        flush_folder(made)
    return Compacted(
        segment=segment.name,
        records=sum(map(len, places.values())),
        files=len(places),
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


def _write_file(path: Path, segment: Path, offsets: list[int], signature: Signature | None, *, lasting: bool) -> None:
    temporary = path.with_name(f".{path.name}")
    try:
        with temporary.open("wb") as file:
            with pq.ParquetWriter(file, schema_of(signature), compression="zstd") as writer:
                for group in _groups(segment, offsets):
                    writer.write_table(table_of(group, signature))
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _groups(segment: Path, offsets: list[int]) -> Iterator[list[tuple[int, PredictionRecord]]]:
    """The records with their places, as many at a time as make a row group."""
    group: list[tuple[int, PredictionRecord]] = []
    size = 0
    for offset, record in zip(offsets, records_at(segment, offsets), strict=True):
        group.append((offset, record))
        size += len(record.input) + len(record.output)
        if size >= _GROUP_BYTES or len(group) >= _GROUP_ROWS:
            yield group
            group, size = [], 0
    if group:
        yield group


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
