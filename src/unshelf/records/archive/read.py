"""Reading the archive: where the records of a selection lie, and the records themselves."""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import pyarrow as pa

from unshelf.contracts.records import PredictionRecord, follows_ns
from unshelf.records.archive.arrow_schemas import FACTS, OFFSET, SCORES, SEGMENT, record_of
from unshelf.records.archive.files import Archive, DamagedFile, segments_of, stem_of
from unshelf.records.archive.layout import ArchivedFile
from unshelf.records.selection import Selection, addressed_by

_SOUGHT = ["time", "latency_us", "model", "version", "reference", "status", SEGMENT, OFFSET]
_MOVES = 5
"""How often a record is looked for again because its file was merged or moved meanwhile."""


class RecordLocation(NamedTuple):
    """Where a record lies, without its bodies: cheap to keep by the million. Locations sort by when their records came."""

    arrived_ns: int
    """The time of the record, or the moment that its segment follows where that is later."""
    time_ns: int
    segment: str
    """The segment that it was written to, without ending."""
    offset: int
    """The place in that segment, as `contracts.records` says. Segment and offset name a record for good, wherever it is moved."""
    archive: Archive
    file: ArchivedFile | None = None
    """The archive's file that holds it; None: the segment does."""
    row: int = 0
    """The row in that file."""
    written_ns: int = 0
    """The moment at which it was recorded, by the clock of then."""


def find(
    archive: Archive,
    file: ArchivedFile,
    selection: Selection,
    *,
    only: Collection[str] | None = None,
    read_to: Mapping[str, int] | None = None,
) -> Iterator[RecordLocation]:
    """Yield where the selection's records lie in a file.

    `only`: the segments whose rows are wanted; None: all. `read_to`: by segment, the offset from which on they are. Raises
    FileNotFoundError, before the first, once the file was merged, moved or removed."""
    columns = _columns(archive, file, [*_SOUGHT, "id"] if selection.id else _SOUGHT)
    ids = columns.get("id")
    begin_at = read_to or {}
    for row, facts in enumerate(zip(*(columns[name] for name in _SOUGHT), strict=True)):
        time_ns, latency_us, model, version, reference, status, segment, offset = facts
        if time_ns < selection.since_ns or (ids is not None and ids[row] != selection.id):
            continue
        if (
            (only is None or segment in only)
            and offset >= begin_at.get(segment, 0)
            and selection.takes_facts(*addressed_by(model, version, reference), status)
        ):
            arrived_ns = max(time_ns, follows_ns(segment))
            yield RecordLocation(arrived_ns, time_ns, segment, offset, archive, file, row, time_ns + latency_us * 1000)


def newest_ns(archive: Archive, file: ArchivedFile) -> int:
    """Return a moment after which the file has no record. Raises FileNotFoundError."""
    with archive.opened(file) as parquet:
        metadata = parquet.metadata
    column = metadata.schema.names.index("time")
    groups = (metadata.row_group(number).column(column).statistics for number in range(metadata.num_row_groups))
    return max((group.max_raw for group in groups), default=0)


def archived_record(location: RecordLocation) -> PredictionRecord | None:
    """Return a record of the archive, wherever it has been moved since it was located; None when it is not kept any more."""
    looked_for: RecordLocation | None = location
    for _ in range(_MOVES):
        if looked_for is not None and looked_for.file is not None:
            try:
                return _read(looked_for, looked_for.file)
            except FileNotFoundError:  # merged, moved or removed
                pass
            except DamagedFile as damaged:
                location.archive.put_aside(damaged)
                return None
        looked_for = _moved(location)
        if looked_for is None:
            return None
    return None


def _read(location: RecordLocation, file: ArchivedFile) -> PredictionRecord:
    starts = _starts(location.archive, file)
    group = max(number for number, start in enumerate(starts) if start <= location.row)
    rows = _group(location.archive, file, group)
    return record_of({name: values[location.row - starts[group]].as_py() for name, values in rows.items()})


def _moved(location: RecordLocation) -> RecordLocation | None:
    """Return where a record lies now that is not where it was."""
    archive, segment = location.archive, location.segment
    places = _places(archive, segment)
    found = places.get(location.offset)
    if found is None or not _is_there(archive, found[0]):
        _places.cache_clear()
        found = _places(archive, segment).get(location.offset)
    return None if found is None else location._replace(file=found[0], row=found[1])


def _is_there(archive: Archive, file: ArchivedFile) -> bool:
    return not file.is_local or archive.path(file).exists()


@lru_cache(maxsize=4)
def _places(archive: Archive, segment: str) -> dict[int, tuple[ArchivedFile, int]]:
    """Return where the records of a segment lie in the archive, by their offsets."""
    found: dict[int, tuple[ArchivedFile, int]] = {}
    for file in archive.files():
        try:
            if file.last_segment < segment or segment not in segments_of(archive, file):
                continue
            columns = _columns(archive, file, [SEGMENT, OFFSET])
        except FileNotFoundError:
            continue
        except DamagedFile as damaged:
            archive.put_aside(damaged)
            continue
        rows = zip(columns[SEGMENT], columns[OFFSET], strict=True)
        found |= {offset: (file, row) for row, (each, offset) in enumerate(rows) if each == segment}
    return found


@lru_cache(maxsize=64)
def _starts(archive: Archive, file: ArchivedFile) -> list[int]:
    """Return the row at which each row group begins."""
    with archive.opened(file) as parquet:
        metadata = parquet.metadata
    starts = [0]
    for number in range(metadata.num_row_groups - 1):
        starts.append(starts[-1] + metadata.row_group(number).num_rows)
    return starts


@lru_cache(maxsize=4)
def _group(archive: Archive, file: ArchivedFile, number: int) -> dict[str, Any]:
    """Return the facts in a row group by column; a file of an earlier release may lack some."""
    with archive.opened(file) as parquet:
        known = [name for name in (*FACTS, SCORES) if name in parquet.schema_arrow.names]
        table = parquet.read_row_group(number, columns=known)
    return {name: _nanoseconds(table.column(name)) for name in known}


def _columns(archive: Archive, file: ArchivedFile, names: list[str]) -> dict[str, list[Any]]:
    with archive.opened(file) as parquet:
        known = [name for name in names if name in parquet.schema_arrow.names]
        table = parquet.read(columns=known)
    columns = {name: _nanoseconds(table.column(name)).to_pylist() for name in known}
    if SEGMENT not in columns:
        columns[SEGMENT] = [stem_of(file)] * table.num_rows
    return columns


def _nanoseconds(column: Any) -> Any:
    """Return a column of moments as whole numbers, which lose nothing; any other as it is."""
    return column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
