"""`python -m unshelf.monitor.performance.join_process`: join the records of some days with their labels, and the end.

A process of its own, with low priority and bounds: it reads what callers sent. Reads a JoinOrder as JSON from standard input and writes a
JoinAnswer to standard output. It changes nothing, so it may be killed at any moment."""

import os
from pathlib import Path

import pyarrow.compute as pc

from unshelf.monitor.performance.joining import DayJoin, JoinColumns, columns_in, texts_of
from unshelf.monitor.performance.labels_file import Labels, read_labels
from unshelf.monitor.performance.messages import DayJoined, DaysJoined, JoinAnswer, JoinDayOrder, JoinOrder
from unshelf.monitor.performance.sums import as_plain
from unshelf.monitor.windows.reading import pieces
from unshelf.records.archive.files import Archive, DamagedFile, open_archive
from unshelf.records.archive.layout import ArchivedFile, partition, segments
from unshelf.records.archive.throttle import pace_for
from unshelf.records.process_bounds import answer_order


def main() -> int:
    """Carry out the order on standard input."""
    return answer_order(JoinOrder, carry_out)


def carry_out(order: JoinOrder) -> JoinAnswer:
    """Join the days of an order; what is wrong with one is said of it, and the others are joined."""
    archive = open_archive(Path(order.folder), setting=order.predictions, s3_endpoint=order.s3_endpoint)
    work = _Work(order, archive)
    return DaysJoined(days=list(map(work.day, order.days)))


class _Work:
    """The order's archive and folder."""

    def __init__(self, order: JoinOrder, archive: Archive) -> None:
        self._archive = archive
        self._scratch = Path(order.scratch)
        models = {day.model for day in order.days}
        partitions = {partition(day.model, day.version, day.day) for day in order.days}
        files = archive.files(models.__contains__, without=segments(archive.folder))
        self._files = [file for file in files if file.partition in partitions]
        self._rest = pace_for(archive.folder, sum(file.size for file in self._files)).rest

    def day(self, day: JoinDayOrder) -> DayJoined:
        """Return the sums of a day."""
        own = [file for file in self._files if file.partition == partition(day.model, day.version, day.day)]
        try:
            return self._joined(day, own)
        except FileNotFoundError:
            return DayJoined(model=day.model, version=day.version, day=day.day, again=True)
        except DamagedFile as damaged:
            self._archive.put_aside(damaged)
            return DayJoined(model=day.model, version=day.version, day=day.day, again=True)
        except Exception as error:  # what is wrong with one day shall not keep the others
            problem = f"{type(error).__name__}: {error}"[:500]
            return DayJoined(model=day.model, version=day.version, day=day.day, problem=problem)

    def _joined(self, day: JoinDayOrder, files: list[ArchivedFile]) -> DayJoined:
        if not files:  # the records are too old to be kept: their sums stay
            return DayJoined(model=day.model, version=day.version, day=day.day, changed=False)
        ids, keys = read_labels([self._scratch / name for name in day.labels])
        columns = {file: self._columns(file, day) for file in files}
        if day.only_after and not any(self._has(file, columns[file], day.only_after, ids, keys) for file in files):
            return DayJoined(model=day.model, version=day.version, day=day.day, changed=False)
        join = DayJoin(day.roles, ids, keys)
        for file in files:
            for records in pieces(self._archive, file, rest=self._rest, only=columns[file].names()):
                join.add(records, columns[file])
        hours = {hour: as_plain(slices) for hour, slices in join.hours().items()}
        return DayJoined(
            model=day.model, version=day.version, day=day.day, hours=hours, joined=join.joined(), strays=join.strays
        )

    def _columns(self, file: ArchivedFile, day: JoinDayOrder) -> JoinColumns:
        with self._archive.opened(file) as parquet:
            return columns_in(parquet.schema_arrow, day.roles)

    def _has(self, file: ArchivedFile, columns: JoinColumns, number: int, ids: Labels, keys: Labels) -> bool:
        """Whether a file has a record of a label after a number."""
        new_ids, new_keys = ids.after(number), keys.after(number)
        with self._archive.opened(file) as parquet:
            for group in range(parquet.num_row_groups):
                self._rest()
                if len(new_ids):
                    found = parquet.read_row_group(group, columns=["id"], use_threads=False).column("id")
                    if pc.any(pc.is_in(found, value_set=new_ids)).as_py():
                        return True
                if len(new_keys) and columns.key is not None:
                    table = parquet.read_row_group(group, columns=[columns.key], use_threads=False)
                    values = texts_of(pc.list_flatten(table.column(columns.key)).combine_chunks())
                    if pc.any(pc.is_in(values, value_set=new_keys)).as_py():
                        return True
        return False


if __name__ == "__main__":
    os._exit(main())
