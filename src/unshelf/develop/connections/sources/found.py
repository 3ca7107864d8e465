"""Findings of a source at a path: files of this machine, or the error of a path that leads to none."""

from collections.abc import Iterable
from pathlib import Path

from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.protocols.data import ConnectionAccess, ConnectionOrder, FoundFile
from unshelf.develop.datasets.dataset import format_of

MOST_FILES = 10_000


def joined(order: ConnectionAccess) -> str:
    """Return the path below the connection's prefix."""
    return "/".join(part.strip("/") for part in (order.settings.get("prefix", ""), order.path) if part.strip("/"))


def is_table(path: str) -> bool:
    """Whether a path names a file that we read as a table, by its suffix."""
    return format_of([path]) != "files"


def tables_among(order: ConnectionAccess, paths: Iterable[str]) -> list[str]:
    """Return the files of a folder that are tables, by path. Raises NotFound, InvalidInput when there are too many."""
    found = sorted(path for path in paths if is_table(path) and not _is_hidden(path))
    if not found:
        raise nothing_at(order)
    if len(found) > MOST_FILES:
        raise InvalidInput(f"The folder {order.path!r} holds more than {MOST_FILES} files.")
    return found


def below_prefix(order: ConnectionOrder, path: str) -> str:
    """Return a path as it is named in the connection: below the connection's prefix."""
    prefix = order.settings.get("prefix", "").strip("/")
    return path.removeprefix(f"{prefix}/") if prefix else path


def listed_among(order: ConnectionOrder, files: Iterable[FoundFile]) -> list[FoundFile]:
    """Return the files of a folder that are tables, by path; there may be none. Raises InvalidInput when there are too many."""
    found = sorted(
        (file for file in files if is_table(file.path) and not _is_hidden(file.path)), key=lambda file: file.path
    )
    if len(found) > MOST_FILES:
        raise InvalidInput(f"The folder {order.path!r} holds more than {MOST_FILES} files.")
    return found


def nothing_at(order: ConnectionAccess) -> NotFound:
    """The error of a path that leads to no table."""
    return NotFound(
        f"There is no table at {order.path!r}.",
        hint="Name a Parquet or CSV file (.parquet, .csv, .csv.gz), or a folder of such files.",
    )


class Download:
    """A file that is fetched to the scratch folder, within the limit of all files together. Raises InvalidInput over it."""

    def __init__(self, order: ConnectionOrder) -> None:
        self._order = order
        self._left = order.limits.output_bytes
        self._count = 0

    def save(self, chunks: Iterable[bytes]) -> Path:
        """Write the chunks to a new file; its path."""
        self._count += 1
        place = Path(self._order.scratch) / f"{self._count}.fetched"
        with place.open("wb") as file:
            for chunk in chunks:
                self._left -= len(chunk)
                if self._left < 0:
                    size = self._order.limits.output_bytes >> 20
                    raise InvalidInput(f"The files take more than {size} MiB.", hint="Read a part of them.")
                file.write(chunk)
        return place


def _is_hidden(path: str) -> bool:
    return any(part.startswith((".", "_")) for part in path.split("/"))
