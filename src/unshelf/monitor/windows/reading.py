"""Reading of records that are to be counted: pieces of the archive's files, of purposes that monitoring counts."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from unshelf.contracts.records import COUNTED_PURPOSES, LIVE
from unshelf.monitor.windows.kinds import recorded_columns
from unshelf.records.archive.arrow_schemas import SCORES, SEGMENT
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import ArchivedFile
from unshelf.records.archive.throttle import no_rest

_FACTS = ("time", "status", "code", "latency_us", "queue_us", "purpose", SEGMENT)
_ANSWERED = 200
_MOST_BYTES = 64 << 20
"""The most bytes of the first requests that are held in memory."""


def pieces(
    archive: Archive, file: ArchivedFile, *, without: Collection[str] = (), rest: Callable[[], None] = no_rest,
    only: Collection[str] | None = None,
) -> Iterator[Any]:  # fmt: skip
    """Yield a file's records that count, a table a row group, in their order; those of the segments `without` are left out.

    `only`: the columns of the file that are wanted beside the facts; None: those of requests and answers.
    Raises FileNotFoundError once the file was merged, moved or removed, and DamagedFile."""
    with archive.opened(file) as parquet:
        names = set(parquet.schema_arrow.names)
        wanted = [*recorded_columns(parquet.schema_arrow).values(), SCORES] if only is None else only
        columns = [name for name in dict.fromkeys((*_FACTS, *wanted)) if name in names]
        for number in range(parquet.num_row_groups):
            rest()
            records = _that_count(parquet.read_row_group(number, columns=columns, use_threads=False), without)
            if records.num_rows:
                yield records


def first_requests(
    archive: Archive, files: Collection[ArchivedFile], most: int, rest: Callable[[], None] = no_rest
) -> tuple[Any | None, bool]:
    """Return the first answered requests of a version as a table, None: there is none; and whether these are enough: `most`, or as
    many as a bounded memory takes.

    `files`: those of the version. They are taken in the order of their days and segments."""
    found: list[Any] = []
    count = size = 0
    for file in sorted(files, key=lambda each: (each.day, each.last_segment, each.name)):
        for records in pieces(archive, file, rest=rest):
            answered = records.filter(pc.equal(records.column("status"), _ANSWERED)).slice(0, most - count)
            if found and not answered.schema.equals(found[0].schema):
                continue  # of a time at which the signature was not known
            found.append(answered)
            count, size = count + answered.num_rows, size + answered.nbytes
            if count == most or size > _MOST_BYTES:
                return pa.concat_tables(found), True
    return (pa.concat_tables(found) if count else None), False


def _that_count(records: Any, without: Collection[str]) -> Any:
    mask = None
    names = records.schema.names
    if "purpose" in names:
        purposes = pc.fill_null(records.column("purpose"), LIVE)
        mask = pc.is_in(purposes, value_set=pa.array(sorted(COUNTED_PURPOSES)))
    if SEGMENT in names and without:
        is_new = pc.invert(pc.is_in(records.column(SEGMENT), value_set=pa.array(sorted(without))))
        mask = is_new if mask is None else pc.and_(mask, is_new)
    records = records if mask is None else records.filter(mask)
    return _with_facts(records)


def _with_facts(records: Any) -> Any:
    """Return records that have every fact, also those of releases that did not record it."""
    for name, kind in (("code", pa.string()), ("latency_us", pa.int64()), ("queue_us", pa.int64())):
        if name not in records.schema.names:
            records = records.append_column(name, pa.nulls(records.num_rows, kind))
    return records
