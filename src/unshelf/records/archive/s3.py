"""The archive's files in S3. Needs the extra `s3`."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from fsspec.implementations.dirfs import DirFileSystem

from unshelf.records.archive.layout import ArchivedFile, is_archive_key
from unshelf.runtime.s3 import BLOCK_BYTES, Location, s3_errors

_FEW_MODELS = 8
"""Up to this many models are listed one by one; more by a listing of everything, of which theirs are taken."""


class S3Files:
    """Keeps the promises of RemoteFiles in a bucket: `PREFIX/model=…/version=…/day=…/NAME`."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self._files: Any = location.filesystem

    def check(self) -> None:
        """Ask for the bucket."""
        self.location.require()

    def files(self, wanted: Callable[[str], bool] | None) -> Iterator[ArchivedFile]:
        """List the objects."""
        root = self.location.root
        for folder in [root] if wanted is None else self._folders(wanted):
            with s3_errors(self.location.bucket):
                found = self._files.find(folder, detail=True)
            for name, facts in sorted(found.items()):
                key = name.removeprefix(f"{root}/")
                if is_archive_key(key) and (wanted is None or wanted(key.split("/")[0].removeprefix("model="))):
                    yield ArchivedFile(key, facts["size"], is_local=False)

    @contextlib.contextmanager
    def opened(self, key: str) -> Iterator[Any]:
        """Open an object. The first read takes its last part too, where Parquet keeps its metadata."""
        with (
            s3_errors(self.location.bucket),
            self._files.open(self.location.key(key), "rb", cache_type="readahead") as file,
        ):
            yield file

    def upload(self, path: Path, key: str) -> None:
        """Upload a file in parts; the object is visible when all have arrived."""
        with s3_errors(self.location.bucket):
            self._files.put_file(str(path), self.location.key(key), chunksize=BLOCK_BYTES)

    def remove(self, keys: Iterable[str]) -> None:
        """Remove the objects."""
        with s3_errors(self.location.bucket):
            for key in keys:
                self._files.rm_file(self.location.key(key))

    def _folders(self, wanted: Callable[[str], bool]) -> list[str]:
        """Return the prefixes to list for the models wanted."""
        root = self.location.root
        with s3_errors(self.location.bucket):
            try:
                names = self._files.ls(root, detail=False)
            except FileNotFoundError:  # nothing has been stored yet
                return []
        found = [name for name in names if wanted(name.rpartition("/")[2].removeprefix("model="))]
        return found if len(found) <= _FEW_MODELS else [root]


def archive_filesystem(files: Any) -> Any:
    """Return a file system for DuckDB that shows the archive's objects as `archive://KEY`."""
    return _ArchiveFilesystem(path=files.location.root, fs=files.location.filesystem)


class _ArchiveFilesystem(DirFileSystem):  # type: ignore[misc]
    protocol = "archive"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path.removeprefix("archive://")
