"""Verification of the archive: each file is looked at once, and again where something changed it."""

import contextlib
from collections.abc import Iterable

import msgspec

from unshelf.records.archive.files import Archive, DamagedFile
from unshelf.records.archive.layout import ArchivedFile
from unshelf.runtime.durable import replace_file

_NAME = "verified.json"
_Known = dict[str, tuple[int, int]]
"""Key → size, and time of the last change."""


def put_damaged_aside(archive: Archive, files: Iterable[ArchivedFile]) -> bool:
    """Look at the ends of the files here that were not looked at, where Parquet says what is in them; put aside what can't be read.

    Tell whether there was any. Objects in S3 are not looked at: that would be two requests for each."""
    path = archive.staging / _NAME
    known = _read(archive)
    seen: _Known = {}
    found = False
    for file in files:
        if not file.is_local:
            continue
        try:
            facts = archive.path(file).stat()
            mark = (facts.st_size, facts.st_mtime_ns)
            if known.get(file.key) != mark:
                with archive.opened(file):
                    pass
            seen[file.key] = mark
        except FileNotFoundError:
            continue
        except DamagedFile as damaged:
            archive.put_aside(damaged)
            found = True
    if seen.items() - known.items():
        kept = seen if len(known) > 2 * len(seen) else known | seen
        with contextlib.suppress(OSError):  # then they are looked at again
            archive.staging.mkdir(mode=0o700, exist_ok=True)
            replace_file(path, msgspec.json.encode(kept))
    return found


def put_unreadable_aside(archive: Archive, files: Iterable[ArchivedFile]) -> bool:
    """Read the files whole, wherever they lie, and put aside what can't be read; tell whether there was any."""
    found = False
    for file in files:
        try:
            with archive.opened(file) as parquet:
                for number in range(parquet.num_row_groups):
                    parquet.read_row_group(number)
        except FileNotFoundError:
            continue
        except DamagedFile as damaged:
            archive.put_aside(damaged)
            found = True
    return found


def _read(archive: Archive) -> _Known:
    try:
        return msgspec.json.decode((archive.staging / _NAME).read_bytes(), type=_Known)
    except (OSError, msgspec.MsgspecError):
        return {}
