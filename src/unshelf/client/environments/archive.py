"""Archives of environments, unpacked member by member as they come: regular files with plain names, nothing else."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from unshelf.client.errors import UnshelfError
from unshelf.contracts.bundle import is_bundle_path

_CHUNK = 1 << 20
_LAST = "wheels/"


class PieceReader:
    """A file over pieces of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end."""
        while len(self._left) < size and (piece := next(self._pieces, None)) is not None:
            self._left += piece
        found, self._left = self._left[:size], self._left[size:]
        return found


def unpack(pieces: Iterator[bytes], folder: Path) -> list[str]:
    """Unpack an archive into a folder; returns the paths of its files. Raises UnshelfError for one that breaks off, or has a member
    that is no plain file below the folder."""
    names = []
    reader: IO[bytes] = PieceReader(pieces)  # type: ignore[assignment]
    try:
        with tarfile.open(fileobj=reader, mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() and is_bundle_path(member.name) else None
                if content is None:
                    raise UnshelfError(f"The archive has {member.name[:80]!a}, which is no plain file.")
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    while chunk := content.read(_CHUNK):
                        file.write(chunk)
                names.append(member.name)
    except tarfile.TarError as error:
        raise UnshelfError(f"The archive broke off: {error}.", hint="Export it again.") from None
    if not any(name.startswith(_LAST) for name in names) and "requirements.txt" not in names:
        raise UnshelfError("The archive broke off.", hint="Export it again.")
    return names
