"""The launcher port: what runs an attempt somewhere, as local processes, in Docker, on Ray or Kubernetes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from unshelf.contracts.protocols.jobs import AttemptOrder, JobAttempt


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """The most that all jobs together may take."""

    cores: float
    memory_bytes: int
    gpus: int


@dataclass(frozen=True, kw_only=True)
class OutputPart:
    """A part of what a program printed."""

    data: bytes
    is_over: bool
    """Whether nothing follows it."""


class JobLauncher(Protocol):
    """Runs attempts of jobs. An attempt is named by its job's id and its number, and no name is given twice.

    Every method raises Unavailable where what runs attempts does not answer; then the same call may be made again."""

    def start(self, order: AttemptOrder) -> None:
        """Begin an attempt, and return once it has a place: in a second, where its files are there.

        Repeated for an attempt that was begun, runs or is over, it does nothing. Raises HostRequestFailed for one that can't be begun:
        with the code `conflict` where its environment or its files are not there, and may be brought; then nothing of it is left."""

    def cancel(self, job: str, number: int) -> None:
        """Ask for the end of an attempt and return at once; its outcome comes by `watch`. One that is over or unknown is no error."""

    def watch(self) -> Iterator[list[JobAttempt]]:
        """Yield all attempts that are not forgotten, then those that change, as it happens, and usage of those that run about every
        second. An outcome comes only once all that the attempt left is in the blob store. Ends with Unavailable, never otherwise."""

    def close(self) -> None:
        """End the calls of `watch` that are under way; attempts go on."""

    def output(self, job: str, number: int, offset: int, *, wait_seconds: float) -> OutputPart:
        """Return what an attempt printed from a byte on, at most a few hundred kilobytes; waits for something to be there.

        Raises NotFound for an attempt that is unknown or forgotten."""

    def forget(self, attempts: Sequence[tuple[str, int]], jobs: Sequence[str]) -> None:
        """Delete what is kept of ended attempts, and the checkpoints of jobs that have no use for them any more. Those that are unknown
        or run are passed over."""

    def capacity(self) -> Capacity:
        """Return what all jobs together may take. The answer may be remembered."""
