"""Folders that appear whole or not at all: made under a temporary name, renamed when complete, swept after a crash."""

import secrets
import shutil
import time
from pathlib import Path

from unshelf.runtime.durable import flush_folder
from unshelf.runtime.file_lock import TransientLock

BUILDING = ".building-"
"""How the name of a half-made folder begins; it is renamed when it is complete."""
LOCKING = ".lock-"
"""How the name of a lock file begins; it exists only while the folder is being made."""
_REMOVAL_ATTEMPTS = 5
_REMOVAL_PAUSE_SECONDS = 0.02


def temporary_for(folder: Path) -> Path:
    """Where to make this folder before it is renamed into place."""
    return folder.parent / f"{BUILDING}{folder.name}-{secrets.token_hex(4)}"


def lock_of(folder: Path) -> Path:
    """The lock file that the maker of this folder holds."""
    return folder.parent / f"{LOCKING}{folder.name}"


def put_in_place(made: Path, folder: Path) -> None:
    """Give a complete folder its name; what stood there before (an incomplete one) goes."""
    if (aside := set_aside(folder)) is not None:
        remove_folder(aside)
    made.rename(folder)
    flush_folder(folder.parent)


def set_aside(folder: Path) -> Path | None:
    """Give a folder that must go a temporary name, so that nobody sees it half-removed; None when it is gone already."""
    aside = temporary_for(folder)
    try:
        return folder.rename(aside)
    except FileNotFoundError:
        return None


def remove_folder(folder: Path) -> None:
    """Remove a folder and all in it. One that is gone is no error."""
    for _ in range(_REMOVAL_ATTEMPTS):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError:
            # An orphan of a killed host may still be writing into it; the next start sweeps what stays.
            time.sleep(_REMOVAL_PAUSE_SECONDS)
        else:
            return


def sweep(parent: Path) -> list[str]:
    """Remove what a killed process left half-made below `parent`; returns the names. What a live one is making stays."""
    swept = []
    for path in sorted(parent.glob(f"{BUILDING}*")):
        name = path.name.removeprefix(BUILDING).rpartition("-")[0]
        lock = parent / f"{LOCKING}{name}"
        if (held := TransientLock.try_acquire(lock)) is None:
            continue
        remove_folder(path)
        held.release()
        swept.append(path.name)
    for lock in parent.glob(f"{LOCKING}*"):
        if (held := TransientLock.try_acquire(lock)) is not None:
            held.release()
    return swept
