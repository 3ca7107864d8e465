"""Attempts as processes of this machine, which the host keeps."""

from collections.abc import Iterator, Sequence

from unshelf.contracts.errors import NotFound
from unshelf.contracts.protocols.jobs import AttemptOrder, JobAttempt
from unshelf.develop.jobs.launcher import Capacity, OutputPart
from unshelf.foundation.host_client import HostLink, HostRequestFailed


class LocalLauncher:
    """Keeps the promises of `JobLauncher` by messages to the host."""

    def __init__(self, host: HostLink, *, cores: float, memory_bytes: int) -> None:
        """`cores`, `memory_bytes`: what the operator leaves to jobs; 0: all cores, half of the memory."""
        self._host = host
        self._cores = cores
        self._memory_bytes = memory_bytes
        self._capacity: Capacity | None = None

    def start(self, order: AttemptOrder) -> None:
        """Have the host start it."""
        self._host.start_attempt(order)

    def cancel(self, job: str, number: int) -> None:
        """Have the host end it."""
        self._host.cancel_attempt(job, number)

    def watch(self) -> Iterator[list[JobAttempt]]:
        """Hear the host."""
        return self._host.watch_attempts()

    def close(self) -> None:
        """Hear it no more."""
        self._host.end_watches()

    def output(self, job: str, number: int, offset: int, *, wait_seconds: float) -> OutputPart:
        """Read the file that the host writes."""
        try:
            part = self._host.attempt_output(job, number, offset, wait_seconds)
        except HostRequestFailed as error:
            if error.failed.code == "not_found":
                raise NotFound(error.detail) from None
            raise
        return OutputPart(data=part.data, is_over=part.is_over)

    def forget(self, attempts: Sequence[tuple[str, int]], jobs: Sequence[str]) -> None:
        """Have the host delete their folders."""
        self._host.forget_attempts(attempts, jobs)

    def capacity(self) -> Capacity:
        """Ask the host for its machine, once."""
        if self._capacity is None:
            machine = self._host.machine()
            self._capacity = Capacity(
                cores=self._cores or float(machine.cores),
                memory_bytes=self._memory_bytes or machine.memory_bytes // 2,
                gpus=machine.gpus,
            )
        return self._capacity
