"""`python -m unshelf.monitor.predictions.merging FOLDER`: the small Parquet files of a model, version and day become one.

A process of its own, as compaction is. It may be cut off at any moment, and readers need not know of it:

1. The merged file is written under a name that does not count, and flushed.
2. It gets its name. From this moment on its rows count, and the files that its footer names do not (see archive).
3. Those files are removed by a later run, when nobody can still be reading them who found them before the second step.

It holds about one row group in memory. Only one of it runs."""

import fcntl
import logging
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.contracts.disk import flush_folder
from unshelf.contracts.logs import configure_logging
from unshelf.contracts.records import SEGMENT_SUFFIX
from unshelf.monitor.predictions.archive import ARCHIVE, MERGED, SUFFIX, ArchivedFile, archived, today
from unshelf.monitor.predictions.footers import KEY, Merged, Part, merged_from
from unshelf.monitor.predictions.pace import no_rest, pace_for
from unshelf.monitor.predictions.without_pandas import without_pandas
from unshelf.monitor.predictions.writing import parquet_writer

MANY = 8
"""So many small files of a day become one at once; fewer when the day is over."""
GRACE_SECONDS = 600.0
"""How long replaced files stay for those who found them before: far longer than a query may take."""
_SMALL_BYTES = 16 << 20
_MOST_BYTES = 64 << 20
_MOST_ROWS = 200_000
_MOST_FILES = 500
_GROUP_BYTES = 8 << 20
_GROUP_ROWS = 20_000
_NICENESS = 15
_LOCK = ".merging"

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Merge what there is to merge, and remove what was merged long ago; 1 when something could not be."""
    configure_logging("merging")
    os.nice(_NICENESS)
    os.umask(0o077)
    without_pandas()
    folder = Path(arguments[0])
    lock = os.open(folder / ARCHIVE / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:  # the one that a control before this one started
        return 0
    failed = False
    for batch in due(folder):
        try:
            merge(batch, pace_for(folder, sum(file.path.stat().st_size for file in batch)).rest)
        except Exception as error:  # what is wrong with one day shall not keep the others
            logger.exception("files can't be merged", extra={"folder": str(batch[0].path.parent), "error": str(error)})
            failed = True
    remove_replaced(folder)
    return int(failed)


def due(folder: Path) -> Iterator[list[ArchivedFile]]:
    """The batches of files that shall become one: small ones of one partition, many, or two when their day is over."""
    now = today().isoformat()
    for place, files in groupby(archived(folder), key=lambda file: file.path.parent):
        small = [file for file in files if _is_small(file) and not _still_has_segment(folder, file)]
        least = 2 if small and small[0].day < now else MANY
        for batch in _batches(small) if len(small) >= least else ():
            if len(batch) >= least:
                logger.debug("files are due", extra={"folder": str(place), "files": len(batch)})
                yield batch


def is_due(folder: Path) -> bool:
    """Whether there is anything to merge or to remove."""
    return next(due(folder), None) is not None or next(_replaced(folder), None) is not None


def merge(files: list[ArchivedFile], rest: Callable[[], None] = no_rest) -> Path:
    """Have one file with the rows of these, which are of one partition and one schema, in their place.

    `rest` is called before each piece of the work."""
    footer = _footer(files)
    last = max(file.path.name for file in files).removesuffix(SUFFIX).partition(MERGED)[0]
    path = files[0].path.with_name(f"{last}{MERGED}{secrets.token_hex(8)}{SUFFIX}")
    temporary = path.with_name(f".{path.name}")
    schema = _schema(files[0].path).with_metadata({KEY: msgspec.json.encode(footer)})
    try:
        with temporary.open("wb") as file:
            with parquet_writer(file, schema) as writer:
                for group in _groups((each.path for each in files), rest):
                    writer.write_table(group.replace_schema_metadata(schema.metadata))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    flush_folder(path.parent)
    return path


def remove_replaced(folder: Path, *, grace: float = GRACE_SECONDS) -> int:
    """Remove what was merged longer than `grace` seconds ago, and what a run that was killed left; how many files went."""
    gone = 0
    for path in _replaced(folder, grace=grace):
        path.unlink(missing_ok=True)
        gone += 1
    for path in (folder / ARCHIVE).glob(f"*/*/*/.*{MERGED}*{SUFFIX}"):
        path.unlink(missing_ok=True)
        gone += 1
    return gone


def _replaced(folder: Path, *, grace: float = GRACE_SECONDS) -> Iterator[Path]:
    for file in archived(folder):
        if file.is_merged and time.time() - _modified(file.path) > grace:
            merged = merged_from(file.path)
            for name in merged.replaced if merged is not None else ():
                if (path := file.path.with_name(name)).exists():
                    yield path


def _is_small(file: ArchivedFile) -> bool:
    try:
        return file.path.stat().st_size < _SMALL_BYTES
    except FileNotFoundError:
        return False


def _still_has_segment(folder: Path, file: ArchivedFile) -> bool:
    """Whether the file may yet be written again, because its segment is still there. One that is gone never comes back."""
    return not file.is_merged and (folder / f"{file.parts[0].segment}{SEGMENT_SUFFIX}").exists()


def _batches(files: Iterable[ArchivedFile]) -> Iterator[list[ArchivedFile]]:
    """Files that go together: alike in their columns, and not too much for one file."""
    batch: list[ArchivedFile] = []
    schema: Any = None
    size = rows = 0
    for file in files:
        try:
            found, metadata = _schema(file.path), pq.read_metadata(file.path)
        except FileNotFoundError:
            continue
        more, longer = file.path.stat().st_size, metadata.num_rows
        full = size + more > _MOST_BYTES or rows + longer > _MOST_ROWS or len(batch) == _MOST_FILES
        if batch and (full or not found.equals(schema)):
            yield batch
            batch, size, rows = [], 0, 0
        schema = found
        batch.append(file)
        size, rows = size + more, rows + longer
    if batch:
        yield batch


def _footer(files: list[ArchivedFile]) -> Merged:
    parts: list[Part] = []
    replaced: dict[str, tuple[int, int]] = {}
    start = 0
    for file in files:
        rows = pq.read_metadata(file.path).num_rows
        replaced[file.path.name] = (start, rows)
        if file.is_merged and (before := merged_from(file.path)) is not None:
            replaced |= {name: (start + first, count) for name, (first, count) in before.replaced.items()}
        parts += [
            Part(part.segment, start + part.first, rows if part.rows is None else part.rows) for part in file.parts
        ]
        start += rows
    return Merged(parts=tuple(parts), replaced=replaced)


def _groups(paths: Iterable[Path], rest: Callable[[], None]) -> Iterator[Any]:
    """The rows of all files, in their order, as tables that make a row group each."""
    waiting: list[Any] = []
    size = rows = 0
    for path in paths:
        with pq.ParquetFile(path) as source:
            for number in range(source.num_row_groups):
                rest()
                table = source.read_row_group(number, use_threads=False)
                waiting.append(table.replace_schema_metadata(None))
                size, rows = size + table.nbytes, rows + table.num_rows
                if size >= _GROUP_BYTES or rows >= _GROUP_ROWS:
                    rest()
                    yield pa.concat_tables(waiting)
                    waiting, size, rows = [], 0, 0
    if waiting:
        yield pa.concat_tables(waiting)


def _schema(path: Path) -> Any:
    return pq.read_schema(path).remove_metadata()


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
