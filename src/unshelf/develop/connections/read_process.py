"""`python -m unshelf.develop.connections.read_process`: read one path in one connection, and the end.

Bounded in memory, time, rows and bytes. Reads a ConnectionOrder as JSON from standard input, writes the rows to its scratch folder, and
a DataAnswer without any credential to standard output."""

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.data import ConnectionOrder, DataAnswer, DataListing, DataRows
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.process import answer_connection_order, answer_or_problem, module_for
from unshelf.develop.datasets.data_process import BATCH_ROWS
from unshelf.develop.datasets.dataset import format_of
from unshelf.develop.datasets.rows_file import ParquetRowsWriter, RowsWriter
from unshelf.develop.datasets.tabular import Unreadable, open_table

_LISTED = ("local", "s3")
"""Kinds whose folders can be listed."""


def main() -> int:
    """Carry out the order on standard input."""
    return answer_connection_order(ConnectionOrder, carry_out)


def carry_out(order: ConnectionOrder, hosts: AllowedHosts) -> DataAnswer:
    """Carry out an order; what goes wrong with the place or the data is a problem without credentials."""
    return answer_or_problem(order, hosts, lambda: _answered(order, hosts))


def _answered(order: ConnectionOrder, hosts: AllowedHosts) -> DataRows | DataListing:
    if order.lists:
        return _files_in(order)
    return _from_sql(order, hosts) if order.kind == "sql" else _from_files(order)


def _files_in(order: ConnectionOrder) -> DataListing:
    if order.kind not in _LISTED:
        raise InvalidInput(
            f"A connection of the kind {order.kind} has no folders to list.", hint="Folders and buckets have."
        )
    return DataListing(files=module_for(order.kind, "sources").found_files(order))


def _from_files(order: ConnectionOrder) -> DataRows:
    files: dict[str, Path] = module_for(order.kind, "sources").fetch(order)
    form = format_of(list(files))
    if form == "files":
        raise Unreadable(f"The files at {order.path!r} are of different formats.")
    table = open_table(
        files, form, memory_bytes=order.limits.memory_bytes, threads=order.limits.threads, scratch=Path(order.scratch)
    )
    limit = "" if order.rows is None else f" limit {int(order.rows)}"
    batches = table.connection.sql(f"select * from data{limit}").to_arrow_reader(BATCH_ROWS)
    return _written(order, batches.schema, batches)


def _from_sql(order: ConnectionOrder, hosts: AllowedHosts) -> DataRows:
    table = module_for(order.kind, "sources").SqlTable(order, hosts)
    return _written(order, table.schema, table.batches())


def _written(order: ConnectionOrder, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> DataRows:
    with (ParquetRowsWriter if order.as_parquet else RowsWriter)(Path(order.scratch), schema, order.limits) as writer:
        for batch in batches:
            writer.write(batch)
    return writer.written


if __name__ == "__main__":
    os._exit(main())
