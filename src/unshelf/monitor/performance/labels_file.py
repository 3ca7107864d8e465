"""The file of labels that control leaves for the process that joins them with records, and the labels as Arrow columns."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from unshelf.records.labels.tables import LabelRow

_SCHEMA = pa.schema(
    [
        ("number", pa.int64()), ("by_key", pa.bool_()), ("target", pa.string()), ("row", pa.int64()),
        ("names_row", pa.bool_()), ("value", pa.string()), ("is_joined", pa.bool_()),
    ]
)  # fmt: skip
_ROWS = 10_000


class Labels(NamedTuple):
    """The labels that count, of ids or of keys."""

    table: Any
    """Columns: number, target, row, names_row, value, is_joined."""
    targets: Any
    """The ids with their rows (`ID\\x1fROW`), or the keys, in the order of the table."""

    def after(self, number: int) -> Any:
        """Return the ids or keys of labels after a number."""
        return self.table.filter(pc.greater(self.table.column("number"), number)).column("target").combine_chunks()


def write_labels(path: Path, rows: Iterable[LabelRow]) -> int:
    """Write labels as a file; gives how many."""
    count = 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, _SCHEMA) as writer:
        for batch in _batches(rows):
            columns = [pa.array([getattr(row, field.name) for row in batch], field.type) for field in _SCHEMA]
            writer.write_batch(pa.record_batch(columns, schema=_SCHEMA))
            count += len(batch)
    return count


def read_labels(paths: Iterable[Path]) -> tuple[Labels, Labels]:
    """Return the labels of files, at least one: those by prediction and those by key."""
    table = pa.concat_tables(map(_read, paths))
    by_key = table.column("by_key")
    ids, keys = table.filter(pc.invert(by_key)), table.filter(by_key)
    rows = target_of(ids.column("target"), ids.column("row"))
    return Labels(ids, rows.combine_chunks()), Labels(keys, keys.column("target").combine_chunks())


def target_of(ids: Any, rows: Any) -> Any:
    """Return the text by which a row of a prediction is found."""
    return pc.binary_join_element_wise(ids, pc.cast(rows, pa.string()), "\x1f")


def _read(path: Path) -> Any:
    with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
        return reader.read_all()


def _batches(rows: Iterable[LabelRow]) -> Iterable[list[LabelRow]]:
    batch: list[LabelRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
