"""The folder of an attempt: what its states are read from, by this host and by the next one."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from unshelf.contracts.home import Home
from unshelf.contracts.protocols.jobs import AttemptEnd, AttemptOrder, AttemptOutcome, AttemptUsage
from unshelf.host.errors import HostFailure
from unshelf.host.jobs.runner.run import ENDING, OUTCOME, OUTPUT, STARTED, USAGE
from unshelf.runtime.durable import flush_folder, replace_file, write_new

CHECKPOINT = "checkpoint"
_ORDER, _GPUS, _STORED, _LOCK = "order.json", "gpus.json", "stored.json", "lock"
_ID_CHARACTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz-")
_LONGEST_ID = 64
_GONE = ".gone-"
"""How the folder of a job is called while it is removed."""

Shape = TypeVar("Shape")


class RunnerStart(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that a runner writes before its program begins."""

    pid: int
    started_at: float


class RunnerOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that a runner writes at the end."""

    how: AttemptEnd
    status: int | None
    detail: str
    started_at: float
    ended_at: float
    cpu_seconds: float
    peak_memory_bytes: int
    series: list[AttemptUsage] = []
    """Measurements over its run."""


class AttemptFolder:
    """One attempt's folder. Nothing is remembered but what lies in it."""

    def __init__(self, home: Home, job: str, number: int) -> None:
        """Raises HostFailure for an id that is no job's."""
        if not job or len(job) > _LONGEST_ID or not set(job) <= _ID_CHARACTERS or number < 1:
            raise HostFailure("invalid_input", f"{job[:80]!a} and {number} name no attempt")
        self.job = job
        self.number = number
        self.path = home.jobs / job / str(number)
        self.outputs = self.path / "outputs"
        self.scratch = self.path / "scratch"
        self.parameters = self.path / "parameters.json"
        self.checkpoint = home.jobs / job / CHECKPOINT
        self.output = self.path / OUTPUT

    def __str__(self) -> str:
        """The attempt as people read it."""
        return f"{self.job}/{self.number}"

    def make(self, order: AttemptOrder, gpus: Sequence[str] = ()) -> None:
        """Claim the attempt: make its folder with all that is known before its program begins. Raises FileExistsError.

        The order is kept without its secrets. `gpus`: those that are lent to it."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700)
        for folder in (self.outputs, self.scratch):
            folder.mkdir(mode=0o700)
        self.checkpoint.mkdir(mode=0o700, exist_ok=True)
        self.parameters.write_text(order.parameters)
        self.parameters.chmod(0o444)
        kept = msgspec.structs.replace(order, secrets={})
        write_new(self.path / _GPUS, msgspec.json.encode(list(gpus)))
        write_new(self.path / _ORDER, msgspec.json.encode(kept))

    def lock(self) -> int:
        """Take the lock for a runner to inherit, and return its descriptor."""
        descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor

    def has_runner(self) -> bool:
        """Whether a runner lives."""
        try:
            descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def order(self) -> AttemptOrder | None:
        """Return the order, without secrets; None: the folder is half-made."""
        return self._read(_ORDER, AttemptOrder)

    def gpus(self) -> list[str]:
        """Return the GPUs that were lent to it."""
        return self._read(_GPUS, list[str]) or []

    def start(self) -> RunnerStart | None:
        """Return what the runner said when it began; None: it did not begin."""
        return self._read(STARTED, RunnerStart)

    def usage(self) -> AttemptUsage | None:
        """Return what was measured last."""
        return self._read(USAGE, AttemptUsage)

    def ended(self) -> RunnerOutcome | None:
        """Return how the runner says that it ended; None: it said nothing."""
        return self._read(OUTCOME, RunnerOutcome)

    def stored(self) -> AttemptOutcome | None:
        """Return the outcome, with all that the attempt left in the blob store; None: that is still to be done."""
        return self._read(_STORED, AttemptOutcome)

    def store(self, outcome: AttemptOutcome) -> None:
        """Keep the outcome, durably."""
        replace_file(self.path / _STORED, msgspec.json.encode(outcome))
        flush_folder(self.path)

    def note_ending(self, why: AttemptEnd) -> None:
        """Say why the program is going to be ended, unless that was said before."""
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            write_new(self.path / ENDING, why.encode())

    def is_ending(self) -> bool:
        """Whether somebody wanted the program ended."""
        return (self.path / ENDING).exists()

    def remove(self) -> None:
        """Remove the folder, but not the job's checkpoint. Blocks."""
        shutil.rmtree(self.path, ignore_errors=True)

    def remove_empty_checkpoint(self) -> None:
        """Remove the job's checkpoint if nothing lies in it, and its folder if nothing else does."""
        with contextlib.suppress(OSError):
            self.checkpoint.rmdir()
            self.path.parent.rmdir()

    def _read(self, name: str, shape: type[Shape]) -> Shape | None:
        try:
            return msgspec.json.decode((self.path / name).read_bytes(), type=shape)
        except (OSError, msgspec.MsgspecError):
            return None


def all_folders(home: Home) -> Iterator[AttemptFolder]:
    """Yield the folders of all attempts."""
    for job in sorted(home.jobs.iterdir()) if home.jobs.is_dir() else ():
        if job.is_dir() and not job.name.startswith(_GONE):
            for path in sorted(job.iterdir()):
                if path.name.isdecimal():
                    yield AttemptFolder(home, job.name, int(path.name))


def remove_job(home: Home, job: str) -> None:
    """Remove all that is left of a job; a host that is killed meanwhile leaves what `remove_leftovers` finds. Blocks."""
    gone = home.jobs / f"{_GONE}{job}"
    shutil.rmtree(gone, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        (home.jobs / job).rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def remove_leftovers(home: Home) -> None:
    """Remove what a host left of jobs as it was killed, and folders of jobs with neither an attempt nor a checkpoint. Blocks."""
    for job in list(home.jobs.iterdir()) if home.jobs.is_dir() else ():
        if job.name.startswith(_GONE):
            shutil.rmtree(job, ignore_errors=True)
            continue
        with contextlib.suppress(OSError):
            if not any(path.name != CHECKPOINT for path in job.iterdir()):
                (job / CHECKPOINT).rmdir()
        with contextlib.suppress(OSError):
            job.rmdir()
