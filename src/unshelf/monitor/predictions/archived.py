"""Finding records in the archive: where those of a selection stand, and the records themselves."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.contracts.records import SEGMENT_SUFFIX, PredictionRecord
from unshelf.monitor.predictions.archive import MERGED, SUFFIX, ArchivedFile, archived
from unshelf.monitor.predictions.footers import Part, merged_from
from unshelf.monitor.predictions.position import Position
from unshelf.monitor.predictions.selection import Selection, addressed_by
from unshelf.monitor.predictions.tables import FACTS, PLACE, record_of

_SOUGHT = ["time", "model", "version", "reference", "status", PLACE]


def find(file: ArchivedFile, selection: Selection, read: Mapping[str, int] | None = None) -> Iterator[Position]:
    """Where the records of the selection stand in the file's parts; `read`: segment → only what stood there from this place on."""
    try:
        columns = _columns(file.path, _SOUGHT)
    except FileNotFoundError:  # it was too old to be kept
        return
    for part in file.parts:
        begin = (read or {}).get(part.segment, 0)
        stop = None if part.rows is None else part.first + part.rows
        rows = zip(*(columns[name][part.first : stop] for name in _SOUGHT), strict=True)
        for row, (time_ns, model, version, reference, status, stood_at) in enumerate(rows, start=part.first):
            if stood_at >= begin and selection.takes_facts(*addressed_by(model, version, reference), status):
                yield Position(time_ns, file.path, row)


def newest_ns(file: ArchivedFile) -> int:
    """A moment after which the file has no record; 0 when it is gone."""
    try:
        metadata = pq.read_metadata(file.path)
    except FileNotFoundError:
        return 0
    place = FACTS.index("time")
    groups = (metadata.row_group(number).column(place).statistics for number in range(metadata.num_row_groups))
    return max((group.max_raw for group in groups), default=0)


def archived_record(position: Position) -> PredictionRecord | None:
    """The record at a position; None when its file was removed since."""
    try:
        starts = _starts(position.path)
        group = max(number for number, start in enumerate(starts) if start <= position.place)
        rows = _group(position.path, group)
    except FileNotFoundError:
        merged = _merged(position)
        return archived_record(merged) if merged else None
    return record_of({name: values[position.place - starts[group]].as_py() for name, values in rows.items()})


def _merged(position: Position) -> Position | None:
    """Where the record stands now whose file was merged into another; None when it was too old to be kept."""
    for path in position.path.parent.glob(f"[!.]*{MERGED}*{SUFFIX}"):
        merged = merged_from(path)
        if merged is not None and position.path.name in merged.replaced:
            first, _ = merged.replaced[position.path.name]
            return Position(position.time_ns, path, first + position.place)
    return None


def moved(segment: Path, place: int) -> Position | None:
    """Where the record of a segment stands that has become Parquet; None when it is not kept any more."""
    return _moved(segment.parent, segment.name.removesuffix(SEGMENT_SUFFIX)).get(place)


@lru_cache(maxsize=4)
def _moved(folder: Path, stem: str) -> dict[int, Position]:
    places = {}
    for file in archived(folder):
        for part in file.parts:
            if part.segment == stem:
                places.update(_places(file.path, part))
    return places


def _places(path: Path, part: Part) -> dict[int, Position]:
    """Where in the segment → where in the file, for the rows of a part."""
    try:
        columns = _columns(path, ["time", PLACE])
    except FileNotFoundError:
        return {}
    stop = None if part.rows is None else part.first + part.rows
    rows = zip(columns["time"][part.first : stop], columns[PLACE][part.first : stop], strict=True)
    return {place: Position(time_ns, path, row) for row, (time_ns, place) in enumerate(rows, start=part.first)}


@lru_cache(maxsize=64)
def _starts(path: Path) -> list[int]:
    """At which row each row group of a file begins. Files never change, and their names are never used again."""
    metadata = pq.read_metadata(path)
    starts = [0]
    for number in range(metadata.num_row_groups - 1):
        starts.append(starts[-1] + metadata.row_group(number).num_rows)
    return starts


@lru_cache(maxsize=4)
def _group(path: Path, number: int) -> dict[str, Any]:
    """The facts in a row group by column."""
    with pq.ParquetFile(path) as file:
        table = file.read_row_group(number, columns=FACTS)
    return {name: _nanoseconds(table.column(name)) for name in FACTS}


def _columns(path: Path, names: list[str]) -> dict[str, list[Any]]:
    with pq.ParquetFile(path) as file:
        table = file.read(columns=names)
    return {name: _nanoseconds(table.column(name)).to_pylist() for name in names}


def _nanoseconds(column: Any) -> Any:
    """A column of moments as whole numbers, which lose nothing; any other as it is."""
    return column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
