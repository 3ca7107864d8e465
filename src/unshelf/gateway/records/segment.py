"""A segment as its gateway writes it."""

import contextlib
import os
from pathlib import Path

from unshelf.contracts.records import MAGIC, SEGMENT_SUFFIX, follows_ns
from unshelf.runtime.durable import flush_folder
from unshelf.runtime.file_lock import lock_descriptor
from unshelf.runtime.segment_names import name_segment


class Segment:
    """One append-only file, locked for as long as it may be written, so that a lock on it proves that it is closed.

    After an error it is not written again, so that a torn frame can only be its tail."""

    def __init__(self, folder: Path, gateway: int, *, latest_ns: int = 0) -> None:
        """`latest_ns`: see name_segment."""
        name = name_segment(folder, gateway, latest_ns=latest_ns)
        self.path = folder / name
        self.size = 0
        self._folder = folder
        self._holds = 0
        self._closing = False
        self._name_flushed = False
        unnamed = folder / f".{name}"
        self._descriptor = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            # It is locked before it has its name: nobody ever sees a segment that is unlocked and will yet be written.
            lock_descriptor(self._descriptor)
            self.append(MAGIC)
            unnamed.rename(self.path)
        except OSError:
            os.close(self._descriptor)
            unnamed.unlink(missing_ok=True)
            raise

    @property
    def follows_ns(self) -> int:
        """The moment after which its records came; see contracts.records."""
        return follows_ns(self.path.name.removesuffix(SEGMENT_SUFFIX))

    @property
    def is_empty(self) -> bool:
        """Whether it has no records."""
        return self.size <= len(MAGIC)

    def append(self, data: bytes) -> None:
        """Write all of it. On an OSError as much of it as possible is taken back."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            # Callers hear that these records could not be written, so they should not stand here.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)

    def flush(self) -> None:
        """Have what was appended before this call on the disk, and the file's name too. For any thread; it is held meanwhile."""
        os.fdatasync(self._descriptor)
        if not self._name_flushed:
            flush_folder(self._folder)
            self._name_flushed = True

    def hold(self) -> None:
        """Keep it open until `release`, also when it is closed before."""
        self._holds += 1

    def release(self) -> None:
        """End a hold."""
        self._holds -= 1
        if self._closing and not self._holds:
            self._close()

    def close(self) -> None:
        """Close it, as soon as nobody holds it; one without records is removed."""
        self._closing = True
        if not self._holds:
            self._close()

    def _close(self) -> None:
        if self.is_empty:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
