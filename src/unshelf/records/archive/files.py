"""The archive's files, in the home folder and, where the setting says so, in S3 as well.

Files are made and merged in the home folder. With `s3://…` those that are ready move to S3: uploaded under the same key, then removed
here. So the listing takes the home folder first and S3 second, and a key that is in both counts once. An object in S3 is written once and
never replaced; only retention removes it."""

import contextlib
import errno
import logging
import os
from collections.abc import Callable, Container, Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.records.archive.arrow_schemas import SEGMENT
from unshelf.records.archive.layout import (
    ARCHIVE,
    STAGING,
    SUFFIX,
    ArchivedFile,
    is_archive_key,
    keys_aside,
    name_aside,
)
from unshelf.runtime.file_lock import locked

_LOCK = ".lock"
_OF_THE_FILE = (errno.EIO, errno.EISDIR, errno.EACCES, errno.EINVAL)
"""Numbers of errors that are a local file's own; Arrow's have none. Any other is of the machine or of the network, and may pass."""
_REQUIRED = {
    "id": pa.types.is_string, "time": pa.types.is_timestamp, "model": pa.types.is_string, "version": pa.types.is_integer,
    "status": pa.types.is_integer,
}  # fmt: skip
"""Columns of records of every release."""

logger = logging.getLogger(__name__)


class DamagedFile(Exception):
    """A file of the archive can't be read."""

    def __init__(self, file: ArchivedFile, reason: str) -> None:
        super().__init__(f"{file.key}: {reason}")
        self.file = file
        self.reason = reason


class RemoteFiles(Protocol):
    """A place for the archive's files beyond this machine. Raises Unavailable when it does not answer."""

    def check(self) -> None:
        """Raise Unavailable unless the place can be used."""
        ...

    def files(self, wanted: Callable[[str], bool] | None) -> Iterator[ArchivedFile]:
        """Yield the files of the models wanted (None: all), in the order of their keys."""
        ...

    def opened(self, key: str) -> contextlib.AbstractContextManager[Any]:
        """Open a file for reading, seekable. Raises FileNotFoundError."""
        ...

    def upload(self, path: Path, key: str) -> None:
        """Store a local file under a key, whole or not at all. Repeating it changes nothing."""
        ...

    def remove(self, keys: Iterable[str]) -> None:
        """Remove files. Removing what is not there is a no-op."""
        ...


class Archive:
    """The Parquet files of prediction records."""

    def __init__(self, folder: Path, remote: RemoteFiles | None = None) -> None:
        self.folder = folder
        """The folder of the predictions."""
        self.root = folder / ARCHIVE
        self.remote = remote

    def files(
        self, wanted: Callable[[str], bool] | None = None, *, without: Container[str] = frozenset()
    ) -> list[ArchivedFile]:
        """Return the files of the models wanted (None: all), except those named after the segments `without`."""
        here = list(self.local_files(wanted))
        if self.remote is not None:
            known = {file.key for file in here}
            known.update(keys_aside(self.folder))
            here += [file for file in self.remote.files(wanted) if file.key not in known]
        # The segments of a merged file are gone for certain, also when they were seen a moment ago.
        return [file for file in here if file.is_merged or file.last_segment not in without]

    def local_files(self, wanted: Callable[[str], bool] | None = None) -> Iterator[ArchivedFile]:
        """Yield the files in the home folder, partition by partition."""
        for of_model in _entries(self.root):
            name = of_model.name
            if not name.startswith("model=") or (wanted is not None and not wanted(name.removeprefix("model="))):
                continue
            for of_version in _entries(of_model.path):
                for of_day in _entries(of_version.path):
                    for entry in _entries(of_day.path):
                        key = f"{name}/{of_version.name}/{of_day.name}/{entry.name}"
                        with contextlib.suppress(FileNotFoundError):  # it has just been removed
                            if is_archive_key(key):
                                yield ArchivedFile(key, entry.stat().st_size, is_local=True)

    def models(self) -> list[str]:
        """Return the models that have a partition in the home folder."""
        return [entry.name.removeprefix("model=") for entry in _entries(self.root) if entry.name.startswith("model=")]

    def path(self, file: ArchivedFile) -> Path:
        """Return where a file lies, or would lie, in the home folder."""
        return self.root / file.key

    @contextlib.contextmanager
    def opened(self, file: ArchivedFile) -> Iterator[Any]:
        """Open a file as Parquet. Raises FileNotFoundError once it was removed, merged or moved to S3, and DamagedFile, also from what
        is read of it, where it can't be read."""
        if file.is_local or self.remote is None:
            with _damage_of(file), pq.ParquetFile(self.path(file)) as parquet:
                yield _with_records(parquet)
            return
        with (
            self.remote.opened(file.key) as source,
            _damage_of(file),
            pq.ParquetFile(source, pre_buffer=True) as parquet,
        ):
            yield _with_records(parquet)

    def put_aside(self, damaged: DamagedFile) -> None:
        """Take a damaged file out of the archive, so that the others are read: it lies in `predictions` then, or a note of it if it is an
        object in S3, where none is changed."""
        file = damaged.file
        aside = self.folder / name_aside(file.key)
        if file.is_local:
            with self.switching(), contextlib.suppress(FileNotFoundError):  # another reader was here
                self.path(file).rename(aside)
                remove_empty_folders(self.path(file).parent, self.root)
        else:
            aside.write_text(f"{damaged.reason}\n", encoding="utf-8")
        logger.error(
            "a file of prediction records can't be read, and is put aside",
            extra={"key": file.key, "aside": aside.name, "reason": damaged.reason[:500]},
        )

    def remove(self, files: Iterable[ArchivedFile]) -> None:
        """Remove files, and the folders that they leave empty."""
        remote = []
        for file in files:
            if not file.is_local:
                remote.append(file.key)
                continue
            with self.switching():
                self.path(file).unlink(missing_ok=True)
                remove_empty_folders(self.path(file).parent, self.root)
        if self.remote is not None:
            self.remote.remove(remote)

    @contextlib.contextmanager
    def switching(self) -> Iterator[None]:
        """Hold the lock under which names in the archive change: one process at a time, for milliseconds."""
        self.staging.mkdir(mode=0o700, exist_ok=True)
        with locked(self.staging / _LOCK):
            yield

    @property
    def staging(self) -> Path:
        """The folder for files that no reader may see yet."""
        return self.folder / STAGING


def open_archive(folder: Path, *, setting: str = "files", s3_endpoint: str = "") -> Archive:
    """Open the archive of the predictions in `folder`: `files` keeps all of it there, `s3://BUCKET/PREFIX` moves it to S3.

    Nothing is asked of S3 yet. Raises BadLocation for what is neither. The library for S3 is imported only when chosen."""
    if setting == "files":
        return Archive(folder)
    location = import_module("unshelf.runtime.s3").Location(setting, s3_endpoint)
    remote: RemoteFiles = import_module("unshelf.records.archive.s3").S3Files(location)
    return Archive(folder, remote)


def remove_empty_folders(folder: Path, root: Path) -> None:
    """Remove a folder and those above it, up to `root`, as far as they are empty."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


@lru_cache(maxsize=8192)
def segments_of(archive: Archive, file: ArchivedFile) -> frozenset[str]:
    """Return the segments, without ending, that a file's rows come from. Raises FileNotFoundError."""
    if not file.is_merged:
        return frozenset({file.last_segment})
    with archive.opened(file) as parquet:
        if SEGMENT not in parquet.schema_arrow.names:
            return frozenset({stem_of(file)})
        return frozenset(parquet.read([SEGMENT]).column(SEGMENT).unique().to_pylist())


@contextlib.contextmanager
def _damage_of(file: ArchivedFile) -> Iterator[None]:
    """Turn errors of reading that are the file's own into DamagedFile."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError) as error:
        raise DamagedFile(file, str(error)) from error
    except OSError as error:
        is_own = error.errno is None or (file.is_local and error.errno in _OF_THE_FILE)
        if type(error) in (OSError, PermissionError, IsADirectoryError) and is_own:
            raise DamagedFile(file, str(error)) from error
        raise


def _with_records(parquet: Any) -> Any:
    """Return an open file. Raises ArrowInvalid where it holds something else than records."""
    schema = parquet.schema_arrow
    for name, is_right in _REQUIRED.items():
        if name not in schema.names or not is_right(schema.field(name).type):
            raise pa.ArrowInvalid(f"the column {name!r} of records is missing, or of another type")
    return parquet


def stem_of(file: ArchivedFile) -> str:
    """Return what stands for the segment of rows that do not name one: files of the first release have no such column."""
    return file.name.removesuffix(SUFFIX)


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    """Return what is in a folder, in order; nothing when it is not there, or not any more."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
