"""`python -m unshelf.records.archive.merging FOLDER PREDICTIONS [S3_ENDPOINT]`: the small files of a model, version and day become one.

A process of its own, as compaction is, with about one row group in memory. Only one of it runs. It may be killed at any moment:

1. The merged file is written into a new folder in the staging folder, and flushed.
2. The partition's other files get a second name in that folder (hard links).
3. The new folder and the partition's exchange their names, in one step of the file system: a listing of the partition
   has the small files or the merged one.
4. The old folder is removed by a later run: a listing that began before the exchange may still read it.

Where PREDICTIONS is `s3://…`, all files that are ready then move to S3 (see files)."""

import ctypes
import errno
import logging
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from unshelf.contracts.records import SEGMENT_SUFFIX
from unshelf.records.archive import journal
from unshelf.records.archive.arrow_schemas import OFFSET, SEGMENT
from unshelf.records.archive.files import Archive, DamagedFile, open_archive, remove_empty_folders, stem_of
from unshelf.records.archive.layout import MERGED, SUFFIX, ArchivedFile, today
from unshelf.records.archive.throttle import no_rest, pace_for
from unshelf.records.archive.writing import parquet_writer
from unshelf.records.without_pandas import without_pandas
from unshelf.runtime.durable import flush_folder, replacing
from unshelf.runtime.file_lock import try_locked
from unshelf.runtime.logging import configure_logging
from unshelf.runtime.machine.background import run_in_background

MANY = 8
"""How many small files of a day become one at once; fewer when the day is over, or when they move to S3, where none is merged."""
GRACE_SECONDS = 60.0
"""How long an exchanged folder stays for listings that had begun: far longer than a listing takes."""
_SMALL_BYTES = 16 << 20
_MOST_BYTES = 64 << 20
_MOST_ROWS = 200_000
_MOST_FILES = 500
_GROUP_BYTES = 8 << 20
_GROUP_ROWS = 20_000
_NICENESS = 15
_MERGES = "merges"
_LOCK = ".merging"
_EXCHANGE = 2
_AT_WORKING_FOLDER = -100

logger = logging.getLogger(__name__)


class CannotExchange(Exception):
    """The file system can't exchange two folders."""


def main(arguments: Sequence[str]) -> int:
    """Merge and move what there is; 1 when something could not be."""
    configure_logging("merging")
    run_in_background(_NICENESS)
    os.umask(0o077)
    without_pandas()
    folder, setting, endpoint = Path(arguments[0]), *[*arguments[1:], "files", ""][:2]
    archive = open_archive(folder, setting=setting, s3_endpoint=endpoint)
    archive.staging.mkdir(mode=0o700, exist_ok=True)
    with try_locked(archive.staging / _LOCK) as is_ours:  # else the process that an earlier control started is at it
        return int(is_ours and not _merge_and_move(archive))


def _merge_and_move(archive: Archive) -> bool:
    """Tell whether all went well."""
    discard_leftovers(archive)
    journal.settle(archive.folder)
    succeeded = True
    for batch in due(archive):
        try:
            merge(archive, batch, pace_for(archive.folder, sum(file.size for file in batch)).rest)
        except CannotExchange:
            logger.warning(
                "files are not merged: the file system can't exchange folders", extra={"folder": str(archive.root)}
            )
            break
        except DamagedFile as damaged:
            archive.put_aside(damaged)  # the others are merged by the next run
        except Exception as error:  # what is wrong with one day shall not keep the others
            logger.exception("files can't be merged", extra={"folder": batch[0].partition, "error": str(error)})
            succeeded = False
    for file in movable(archive):
        try:
            with archive.opened(file):
                pass  # nothing that can't be read becomes an object, which is written once
            move(archive, file)
        except DamagedFile as damaged:
            archive.put_aside(damaged)
        except Exception as error:  # the file stays here, and the next run tries again
            logger.exception("a file can't be moved to S3", extra={"key": file.key, "error": str(error)})
            return False
    return succeeded


def due(archive: Archive) -> Iterator[list[ArchivedFile]]:
    """Yield the batches of files that shall become one: small ones of one partition."""
    now = today().isoformat()
    for _, files in groupby(archive.local_files(), key=lambda file: file.partition):
        small = [file for file in files if file.size < _SMALL_BYTES and is_ready(archive, file)]
        is_final = archive.remote is not None or (bool(small) and small[0].day < now)
        least = 2 if is_final else MANY
        for batch in _batches(archive, small) if len(small) >= least else ():
            if len(batch) >= least:
                yield batch


def movable(archive: Archive) -> list[ArchivedFile]:
    """Return the files that shall move to S3."""
    return [file for file in archive.local_files() if is_ready(archive, file)] if archive.remote is not None else []


def is_due(archive: Archive) -> bool:
    """Tell whether there is anything to merge or to move."""
    return next(due(archive), None) is not None or bool(movable(archive))


def is_ready(archive: Archive, file: ArchivedFile) -> bool:
    """Tell whether a file counts for everybody: its segment is gone, and never comes back."""
    return file.is_merged or not (archive.folder / f"{file.last_segment}{SEGMENT_SUFFIX}").exists()


def merge(archive: Archive, files: Sequence[ArchivedFile], rest: Callable[[], None] = no_rest) -> bool:
    """Put one file with the rows of these, which are of one partition and one schema, in their place; False when one is gone.

    `rest` is called before each piece of the work. Raises CannotExchange."""
    token = secrets.token_hex(8)
    work = archive.staging / _MERGES / token
    work.mkdir(mode=0o700, parents=True)
    last = max(file.last_segment for file in files)
    name = f"{last}{MERGED}{token}{SUFFIX}"
    try:
        replaced = [_digest(archive, file, rest) for file in files]
        _write(archive, files, work / name, rest)
    except FileNotFoundError:  # retention was here
        shutil.rmtree(work)
        return False
    made = journal.digest_of(work / name, f"{files[0].partition}/{name}", rest)
    here, sources = archive.root / files[0].partition, {file.name for file in files}
    with archive.switching():
        names = {path.name for path in here.iterdir()} if here.exists() else set()
        if not sources <= names:  # retention was here
            shutil.rmtree(work)
            return False
        for name in names - sources:
            os.link(here / name, work / name)
        flush_folder(work)
        done = journal.begin(archive.folder, journal.JournalEntry(sources=replaced, made=[made]))
        _exchange(work, here)
        flush_folder(here.parent)
        flush_folder(work.parent)
        done()
    os.utime(work)
    return True


def _write(archive: Archive, files: Sequence[ArchivedFile], path: Path, rest: Callable[[], None]) -> None:
    with archive.opened(files[0]) as first:
        schema = _schema(first, files[0])
    with replacing(path) as out, parquet_writer(out, schema) as writer:
        for group in _groups(archive, files, rest):
            writer.write_table(group)


def settle_journal(archive: Archive) -> None:
    """Settle what a killed run was about to do, unless another run is under way."""
    archive.staging.mkdir(mode=0o700, exist_ok=True)
    with try_locked(archive.staging / _LOCK) as is_ours:
        if is_ours:
            journal.settle(archive.folder)


def move(archive: Archive, file: ArchivedFile) -> None:
    """Move a file to S3. Killed in between, it is in both places under one key, and moved again by the next run."""
    assert archive.remote is not None  # noqa: S101 -- movable() found it
    path = archive.path(file)
    archive.remote.upload(path, file.key)
    with archive.switching():
        path.unlink(missing_ok=True)
        remove_empty_folders(path.parent, archive.root)


def discard_leftovers(archive: Archive, *, grace: float = GRACE_SECONDS) -> None:
    """Remove exchanged folders, and what a killed run left, once nobody can be reading them."""
    merges = archive.staging / _MERGES
    for work in list(merges.iterdir()) if merges.exists() else ():
        if time.time() - work.stat().st_mtime > grace:
            shutil.rmtree(work, ignore_errors=True)


def _exchange(one: Path, other: Path) -> None:
    """Exchange the names of two folders of one file system."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_WORKING_FOLDER, bytes(one), _AT_WORKING_FOLDER, bytes(other), _EXCHANGE):
        number = ctypes.get_errno()
        if number in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            shutil.rmtree(one)
            raise CannotExchange
        raise OSError(number, os.strerror(number), str(other))


def _batches(archive: Archive, files: Iterable[ArchivedFile]) -> Iterator[list[ArchivedFile]]:
    """Yield files that go together: alike in their columns, and not too much for one file."""
    batch: list[ArchivedFile] = []
    schema: Any = None
    size = rows = 0
    for file in files:
        try:
            with archive.opened(file) as parquet:
                found, longer = _schema(parquet, file), parquet.metadata.num_rows
        except FileNotFoundError:
            continue
        except DamagedFile as damaged:
            archive.put_aside(damaged)
            continue
        full = size + file.size > _MOST_BYTES or rows + longer > _MOST_ROWS or len(batch) == _MOST_FILES
        if batch and (full or not found.equals(schema)):
            yield batch
            batch, size, rows = [], 0, 0
        schema = found
        batch.append(file)
        size, rows = size + file.size, rows + longer
    if batch:
        yield batch


def _groups(archive: Archive, files: Iterable[ArchivedFile], rest: Callable[[], None]) -> Iterator[Any]:
    """Yield the rows of all files, in their order, as tables that make a row group each."""
    waiting: list[Any] = []
    size = rows = 0
    for file in files:
        with archive.opened(file) as source:
            for number in range(source.num_row_groups):
                rest()
                table = _with_segment(source.read_row_group(number, use_threads=False), file)
                waiting.append(table)
                size, rows = size + table.nbytes, rows + table.num_rows
                if size >= _GROUP_BYTES or rows >= _GROUP_ROWS:
                    rest()
                    yield pa.concat_tables(waiting)
                    waiting, size, rows = [], 0, 0
    if waiting:
        yield pa.concat_tables(waiting)


def _digest(archive: Archive, file: ArchivedFile, rest: Callable[[], None]) -> journal.FileDigest:
    with archive.opened(file) as parquet:
        rows = parquet.metadata.num_rows
    sha256, size = journal.hashed(archive.path(file), rest)
    return journal.FileDigest(path=file.key, sha256=sha256, rows=rows, bytes=size)


def _with_segment(table: Any, file: ArchivedFile) -> Any:
    """Return a table whose rows name their segment, also those of files of the first release."""
    table = table.replace_schema_metadata(None)
    if SEGMENT in table.schema.names:
        return table
    names = pa.repeat(pa.scalar(stem_of(file)), table.num_rows)
    return table.add_column(table.schema.get_field_index(OFFSET), SEGMENT, names)


def _schema(parquet: Any, file: ArchivedFile) -> Any:
    return _with_segment(parquet.schema_arrow.empty_table(), file).schema


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
