"""One state of the records of predictions, held for a backup by second names of the same files (hard links).

Under the lock of the archive no name changes in it, so the state is one that a power cut at this moment could have left: segments, then the
archive's files, of which those named after a segment do not count. Where the file system has no hard links, files are copied."""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from unshelf.contracts.records import SEGMENT_SUFFIX
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import ARCHIVE, DAMAGED_SUFFIX, STAGING, ArchivedFile, segments
from unshelf.runtime.segment_names import LATEST
from unshelf.runtime.segment_reader import sound_size

_FROZEN = ".frozen-"
_JOURNAL = "journal"
_NO_LINKS = (errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK)


class FrozenFile(NamedTuple):
    """A file of the state."""

    name: str
    """Path below `predictions`."""
    path: Path
    """Where its content lies as long as the state is held."""
    size: int
    is_final: bool
    """Whether no other content will ever have this name."""


class FrozenRecords:
    """The state, as long as it is held."""

    def __init__(self, archive: Archive, folder: Path) -> None:
        self._archive = archive
        self._folder = folder
        self._remote: list[ArchivedFile] = []

    def take(self) -> None:
        """Give every file its second name; call it under the lock of the archive."""
        source = self._archive.folder
        for path in [*segments(source).values(), *sorted(source.glob(f"*{DAMAGED_SUFFIX}"))]:
            self._hold(path, path.name)
        if (source / LATEST).exists():
            self._hold(source / LATEST, LATEST)
        journal = source / STAGING / _JOURNAL
        for path in sorted(journal.iterdir()) if journal.is_dir() else ():
            self._hold(path, f"{STAGING}/{_JOURNAL}/{path.name}")
        for file in self._archive.local_files():
            self._hold(self._archive.path(file), f"{ARCHIVE}/{file.key}")
        if self._archive.remote is not None:
            self._remote = [file for file in self._archive.files() if not file.is_local]

    def files(self) -> Iterator[FrozenFile]:
        """Yield the files of this machine. Of a segment that grows, only what is whole counts."""
        for path in sorted(self._folder.rglob("*")):
            if path.is_file():
                name = str(path.relative_to(self._folder))
                is_segment = name.endswith(SEGMENT_SUFFIX)
                size = sound_size(path) if is_segment else path.stat().st_size
                yield FrozenFile(name, path, size, name.startswith(f"{ARCHIVE}/"))

    def remote(self) -> list[ArchivedFile]:
        """List the files that lie in S3."""
        return self._remote

    def _hold(self, path: Path, name: str) -> None:
        target = self._folder / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # a segment that has just become Parquet, which is listed after
            try:
                os.link(path, target)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                shutil.copyfile(path, target)


@contextmanager
def frozen(archive: Archive) -> Iterator[FrozenRecords]:
    """Hold room for a state; `take` fills it. What an earlier process left goes first."""
    archive.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in archive.folder.glob(f"{_FROZEN}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(dir=archive.folder, prefix=_FROZEN))
    try:
        yield FrozenRecords(archive, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
