"""`python -m unshelf.develop.datasets.data_process`: profile the files of a dataset or write their rows as Arrow, and the end.

Files of users are parsed in a process of its own: low priority, without this server's environment, bounded in memory and time.
DuckDB gets the list of files that it may open, and is locked. Reads a DataOrder as JSON from standard input and writes a DataAnswer
to standard output."""

import os
import threading
from pathlib import Path

import duckdb
import msgspec

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.protocols.data import DataAnswer, DataOrder, DataProblem, DataRows
from unshelf.develop.datasets.baseline import stored_baseline
from unshelf.develop.datasets.profile import profile_of
from unshelf.develop.datasets.rows_file import RowsWriter, TooMuch
from unshelf.develop.datasets.tabular import TableView, Unreadable, explained, open_table
from unshelf.records.process_bounds import answer_order
from unshelf.runtime.blobs.backends import open_blobs
from unshelf.runtime.blobs.port import BlobSettings, LocalFiles

BATCH_ROWS = 65_536


def main() -> int:
    """Carry out the order on standard input."""
    return answer_order(DataOrder, carry_out)


def carry_out(order: DataOrder) -> DataAnswer:
    """Carry out an order; what goes wrong with the data is a problem, not an exception."""
    files: dict[str, Path] = {}
    timer = None
    try:
        files = _local(order)
        table = open_table(
            files, order.format, memory_bytes=order.limits.memory_bytes, threads=order.limits.threads,
            scratch=Path(order.scratch),
        )  # fmt: skip
        timer = threading.Timer(order.limits.seconds, table.connection.interrupt)
        timer.daemon = True
        timer.start()
        if order.act == "rows":
            return write_rows(table, order)
        return msgspec.structs.replace(profile_of(table), baseline=stored_baseline(table))
    except (Unreadable, TooMuch) as error:
        return DataProblem(
            code="invalid_input", detail=str(error), hint="Parquet, and CSV as UTF-8 with a header line, are read."
        )
    except duckdb.InterruptException:
        return DataProblem(
            code="deadline_exceeded", detail=f"Reading took longer than {order.limits.seconds:g} seconds."
        )
    except (duckdb.OutOfMemoryException, MemoryError):
        size = order.limits.memory_bytes >> 20
        return DataProblem(code="invalid_input", detail=f"Reading the data needs more than {size} MiB of memory.")
    except duckdb.Error as error:
        return DataProblem(code="invalid_input", detail=explained(error, files))
    except UnshelfError as error:
        return DataProblem(code=error.code, detail=error.detail, hint=error.hint)
    finally:
        if timer is not None:
            timer.cancel()


def write_rows(table: TableView, order: DataOrder) -> DataRows:
    """Write the rows of a table to the scratch folder. Raises TooMuch."""
    limit = "" if order.rows is None else f" limit {int(order.rows)}"
    found = table.connection.sql(f"select * from data{limit}")
    batches = found.to_arrow_reader(BATCH_ROWS)
    with RowsWriter(Path(order.scratch), batches.schema, order.limits) as writer:
        for batch in batches:
            writer.write(batch)
    return writer.written


def _local(order: DataOrder) -> dict[str, Path]:
    """Return where each file lies on this machine; blobs that lie elsewhere are brought to the scratch folder."""
    settings = BlobSettings(setting=order.blobs, folder=Path(order.blobs_folder), s3_endpoint=order.s3_endpoint)
    blobs = open_blobs(settings)
    places = {}
    for number, file in enumerate(order.files):
        if isinstance(blobs, LocalFiles):
            places[file.path] = blobs.path_of(file.sha256)
            continue
        place = Path(order.scratch) / f"{number}.data"
        with place.open("wb") as copy:
            for chunk in blobs.chunks(file.sha256):
                copy.write(chunk)
        places[file.path] = place
    return places


if __name__ == "__main__":
    os._exit(main())
