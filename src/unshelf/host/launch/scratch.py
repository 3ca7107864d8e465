"""Scratch folders: what a worker may write to, as long as it lives."""

import fcntl
import os
import secrets
import shutil
from pathlib import Path

SCRATCH = "scratch-"
"""How the name of a worker's scratch folder begins."""


class Scratch:
    """One scratch folder. A lock on it is held by whatever keeps its worker's place, and so ends with that, host or no host."""

    def __init__(self, run: Path) -> None:
        self.folder = run / f"{SCRATCH}{secrets.token_hex(4)}"
        self.folder.mkdir(mode=0o700)
        self.lock = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        """A descriptor for the worker to inherit."""
        fcntl.flock(self.lock, fcntl.LOCK_SH)

    def hand_over(self) -> None:
        """The worker has the lock now."""
        os.close(self.lock)
        self.lock = -1

    def remove(self) -> None:
        """Remove the folder and all in it."""
        if self.lock >= 0:
            self.hand_over()
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep_scratch(run: Path) -> list[Path]:
    """Remove the scratch folders that no worker has any more; returns those that one has."""
    return [folder for folder in run.glob(f"{SCRATCH}*") if not remove_unused(folder)]


def remove_unused(folder: Path) -> bool:
    """Remove a scratch folder, unless a worker has it; whether it is gone."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # gone, or no folder of ours
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    shutil.rmtree(folder, ignore_errors=True)
    return True
