"""Durable files: whole or absent under their names, also after a power cut."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

Piece = bytes | bytearray | memoryview


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file (mode 0600) at once: readers see the old content or the new."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with _removed_on_error(Path(name)), os.fdopen(descriptor, "wb") as file:
        file.write(content)
        flush_file(file)
        Path(name).replace(path)


@contextlib.contextmanager
def replacing(path: Path, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """Open a hidden file beside `path`, which replaces it when the block ends, and is removed when the block raises.

    Readers see the old content or the new. With `lasting` the new content is on the disk before it gets its name;
    `flush_folder` has the name on the disk, too. One writer a path at a time."""
    temporary = path.with_name(f".{path.name}")
    with _removed_on_error(temporary):
        with temporary.open("wb") as file:
            yield file
            if lasting:
                flush_file(file)
        temporary.replace(path)


def write_new(path: Path, content: bytes | Iterable[Piece]) -> None:
    """Write a file that does not exist yet and have its content on the disk. Raises FileExistsError."""
    with path.open("xb") as file:
        for piece in (content,) if isinstance(content, bytes) else content:
            file.write(piece)
        flush_file(file)


def flush_file(file: BinaryIO) -> None:
    """Have what was written to a file on the disk."""
    file.flush()
    os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _removed_on_error(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
