"""The journal of the archive: what compaction and merging made of which files, until the ledger has closed it into the event log.

    predictions/staging/journal/TIME-RANDOM.json     what was done, an entry a file, in the order of their names
                               /.TIME-RANDOM.json    what is about to be done

An entry is on the disk before a file of the archive has its name, so that a process that is killed leaves no file that nobody explains."""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq

from unshelf.contracts.records import SEGMENT_SUFFIX
from unshelf.records.archive.layout import ARCHIVE, STAGING
from unshelf.records.archive.throttle import no_rest
from unshelf.runtime.durable import flush_folder, write_new

_JOURNAL = "journal"
_PIECE_BYTES = 1 << 20


class FileDigest(msgspec.Struct, frozen=True, kw_only=True):
    """A file of records as it was when it was written or closed."""

    path: str
    """The key in the archive, or a segment's file name."""
    sha256: str
    rows: int
    """How many records it holds."""
    bytes: int

    @property
    def is_segment(self) -> bool:
        """Whether it is a segment."""
        return self.path.endswith(SEGMENT_SUFFIX)


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Files that took the place of others."""

    sources: list[FileDigest]
    """One segment, or the files of the archive that were merged: as they were read."""
    made: list[FileDigest]


def add(folder: Path, entry: JournalEntry) -> None:
    """Note what is done for certain; on the disk when this returns. `folder`: that of the predictions."""
    begin(folder, entry)()


def begin(folder: Path, entry: JournalEntry) -> Callable[[], None]:
    """Note what is about to be done; call what this returns when it is done."""
    journal = folder / STAGING / _JOURNAL
    journal.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.json"
    hidden, path = journal / f".{name}", journal / name
    write_new(hidden, msgspec.json.encode(entry))
    flush_folder(journal)

    def done() -> None:
        hidden.replace(path)
        flush_folder(journal)

    return done


def settle(folder: Path) -> None:
    """Decide on what a killed process was about to do: it was done if its file is there. Call it while nothing is under way."""
    journal = folder / STAGING / _JOURNAL
    for hidden in sorted(journal.glob(".*.json")):
        entry = _read(hidden)
        if entry is not None and all((folder / ARCHIVE / file.path).exists() for file in entry.made):
            hidden.replace(hidden.with_name(hidden.name.removeprefix(".")))
        else:
            hidden.unlink(missing_ok=True)


def entries(folder: Path, *, with_begun: bool = False) -> Iterator[tuple[Path, JournalEntry]]:
    """Yield the entries with their files, the oldest first; a file that is none is passed over. `with_begun`: also what is not done yet."""
    for path in sorted((folder / STAGING / _JOURNAL).glob("*.json" if with_begun else "[!.]*.json")):
        entry = _read(path)
        if entry is not None:
            yield path, entry


def digest_of(path: Path, key: str, rest: Callable[[], None] = no_rest) -> FileDigest:
    """Return the digest of a Parquet file. `rest` is called before each piece of the work."""
    sha256, size = hashed(path, rest)
    return FileDigest(path=key, sha256=sha256, rows=pq.read_metadata(path).num_rows, bytes=size)


def hashed(path: Path, rest: Callable[[], None] = no_rest) -> tuple[str, int]:
    """Return the SHA-256 of a file's bytes, and how many they are."""
    with path.open("rb") as file:
        return hashed_stream(file, rest)


def hashed_stream(file: Any, rest: Callable[[], None] = no_rest) -> tuple[str, int]:
    """Return the SHA-256 of what is read from an open file, and how many bytes that was."""
    digest, size = hashlib.sha256(), 0
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
        size += len(piece)
        rest()
    return digest.hexdigest(), size


def _read(path: Path) -> JournalEntry | None:
    try:
        entry = msgspec.json.decode(path.read_bytes(), type=JournalEntry)
        return entry if entry.sources else None
    except (OSError, msgspec.MsgspecError):
        return None
