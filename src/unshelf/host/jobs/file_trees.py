"""Trees of files: code and data of jobs, laid out once under their digest and read by all that have the same."""

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from unshelf.contracts.bundle import BundleFile, tree_digest
from unshelf.contracts.errors import NotFound, Unavailable
from unshelf.contracts.home import Home
from unshelf.host.artifacts.folders import lock_of, put_in_place, remove_folder, set_aside, sweep, temporary_for
from unshelf.host.errors import HostFailure
from unshelf.host.sandbox.files import make_readable
from unshelf.runtime.blobs.port import Blobs
from unshelf.runtime.file_lock import TransientLock

KEPT_SECONDS = 3600.0
"""How long a tree stays that nothing uses: the next job of the same code comes soon, or never."""


class FileTrees:
    """The trees that are laid out in a home folder."""

    def __init__(self, home: Home, blobs: Blobs) -> None:
        self._folder = home.job_files
        self._blobs = blobs

    async def lay_out(self, files: Sequence[BundleFile]) -> Path:
        """Return the folder that has these files, made if it was not there. Raises HostFailure where a blob is missing or damaged."""
        folder = self._folder / tree_digest(files)
        with contextlib.suppress(FileNotFoundError):
            os.utime(folder)
            return folder
        async with TransientLock.acquire(lock_of(folder)):
            if not folder.is_dir():
                await asyncio.shield(asyncio.to_thread(self._make, folder, files))
        return folder

    def sweep(self, used: Collection[str]) -> None:
        """Remove what a killed host left half-made, and the trees that none of these digests names and that nobody asked for lately."""
        sweep(self._folder)
        oldest = time.time() - KEPT_SECONDS
        for folder in list(self._folder.iterdir()):
            if folder.name.startswith(".") or folder.name in used or folder.stat().st_mtime > oldest:
                continue
            if (aside := set_aside(folder)) is not None:
                remove_folder(aside)

    def _make(self, folder: Path, files: Sequence[BundleFile]) -> None:
        temporary = temporary_for(folder)
        try:
            temporary.mkdir(mode=0o700)
            for file in files:
                self._copy(file, temporary / file.path)
            make_readable(temporary)
            put_in_place(temporary, folder)
        finally:
            remove_folder(temporary)

    def _copy(self, file: BundleFile, target: Path) -> None:
        digest = hashlib.sha256()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as copy:
                for chunk in self._blobs.chunks(file.sha256):
                    digest.update(chunk)
                    copy.write(chunk)
        except (FileExistsError, NotADirectoryError):
            raise HostFailure(
                "invalid_input", f"{file.path!r} is both a file and a folder", hint="Rename one of the two."
            ) from None
        except NotFound:
            raise HostFailure(
                "conflict", f"the file {file.path!r} is not here any more", hint="Submit it again."
            ) from None
        except Unavailable as error:
            raise HostFailure("unavailable", error.detail, hint=error.hint, retry_after=error.retry_after) from error
        if digest.hexdigest() != file.sha256:
            raise HostFailure(
                "conflict", f"the stored content of {file.path!r} is damaged", hint="Check the server's disk, and submit it again."
            )  # fmt: skip
