"""Upgrade of an archive of the first release, whose merged files lay for a while beside the files that they replaced."""

import contextlib

import msgspec

from unshelf.records.archive.files import Archive, DamagedFile

_FOOTER = b"unshelf.merged"
"""The key under which a merged file of that release names what it replaced."""


class _Footer(msgspec.Struct, frozen=True):
    replaced: dict[str, tuple[int, int]]


def remove_replaced(archive: Archive) -> int:
    """Remove the files that merged ones of the first release replaced, so that no record counts twice; return how many."""
    removed = 0
    for file in archive.local_files():
        if not file.is_merged:
            continue
        with contextlib.suppress(
            FileNotFoundError, DamagedFile
        ):  # the first reader that meets a damaged one puts it aside
            with archive.opened(file) as parquet:
                footer = (parquet.metadata.metadata or {}).get(_FOOTER)
            for name in msgspec.json.decode(footer, type=_Footer).replaced if footer else ():
                path = archive.path(file).with_name(name)
                removed += path.exists()
                path.unlink(missing_ok=True)
    return removed
