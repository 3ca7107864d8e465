"""`python -m unshelf.monitor.performance.custom.rows_process`: lay out the labelled rows of some days for metrics, and the end.

A process of its own, with low priority and bounds: it reads what callers sent. Reads DayRowsOrders as JSON from standard input and writes
a DayRowsAnswer to standard output. It changes nothing, so it may be killed at any moment."""

import os
from pathlib import Path

from unshelf.monitor.performance.custom.labelled_rows import LabelledRows
from unshelf.monitor.performance.custom.messages import (
    DayRowsAnswer,
    DayRowsOrder,
    DayRowsOrders,
    DayRowsWritten,
    DaysWritten,
)
from unshelf.monitor.performance.joining import columns_in
from unshelf.monitor.performance.labels_file import read_labels
from unshelf.monitor.windows.kinds import recorded_columns
from unshelf.monitor.windows.reading import pieces
from unshelf.monitor.windows.window import INPUT
from unshelf.records.archive.files import Archive, DamagedFile, open_archive
from unshelf.records.archive.layout import ArchivedFile, partition, segments
from unshelf.records.process_bounds import answer_order


def main() -> int:
    """Carry out the order on standard input."""
    return answer_order(DayRowsOrders, carry_out)


def carry_out(order: DayRowsOrders) -> DayRowsAnswer:
    """Lay out the days of an order; what is wrong with one is said of it."""
    archive = open_archive(Path(order.folder), setting=order.predictions, s3_endpoint=order.s3_endpoint)
    models = {day.model for day in order.days}
    files = archive.files(models.__contains__, without=segments(archive.folder))
    return DaysWritten(days=[_day(archive, files, day, Path(order.scratch)) for day in order.days])


def _day(archive: Archive, files: list[ArchivedFile], day: DayRowsOrder, scratch: Path) -> DayRowsWritten:
    own = [file for file in files if file.partition == partition(day.model, day.version, day.day)]
    try:
        return _written(archive, own, day, scratch)
    except FileNotFoundError:
        return DayRowsWritten(day=day.day, again=True)
    except DamagedFile as damaged:
        archive.put_aside(damaged)
        return DayRowsWritten(day=day.day, again=True)
    except Exception as error:  # what is wrong with one day shall not keep the others
        return DayRowsWritten(day=day.day, problem=f"{type(error).__name__}: {error}"[:500])


def _written(archive: Archive, files: list[ArchivedFile], day: DayRowsOrder, scratch: Path) -> DayRowsWritten:
    ids, keys = read_labels([scratch / name for name in day.labels])
    rows = LabelledRows(day.roles, ids, keys, most=day.most_rows, seed=day.day)
    for file in files:
        with archive.opened(file) as parquet:
            schema = parquet.schema_arrow
        columns = columns_in(schema, day.roles)
        inputs = [recorded for name, recorded in recorded_columns(schema).items() if name.startswith(INPUT)]
        for records in pieces(archive, file, only=list(dict.fromkeys([*columns.names(), *inputs]))):
            rows.add(records, columns)
    rows.finish()
    used, left_out = rows.write(scratch / f"{day.day}.npz")
    return DayRowsWritten(day=day.day, labelled=rows.labelled, used=used, left_out=left_out)


if __name__ == "__main__":
    os._exit(main())
