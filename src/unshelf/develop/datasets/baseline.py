"""The profile that records of a version are held against, of a table that its model was trained with."""

from collections.abc import Iterator
from typing import Any

from unshelf.develop.datasets.tabular import TableView
from unshelf.records.profiles.building import BATCH_ROWS, baseline_of
from unshelf.records.profiles.kinds import ColumnKind, kind_of_type
from unshelf.records.profiles.storing import pack


def stored_baseline(table: TableView) -> bytes:
    """Return the stored profile of a table's columns, by their types and first values. Reads it twice."""

    def batches() -> Iterator[Any]:
        yield from table.connection.sql("select * from data").to_arrow_reader(BATCH_ROWS)

    kinds: dict[str, ColumnKind] = {}
    for batch in batches():
        if batch.num_rows:
            found = {name: kind_of_type(batch.column(name)) for name in batch.schema.names}
            kinds = {name: kind for name, kind in found.items() if kind is not None}
            break
    return pack(baseline_of(batches, kinds))
