"""A replica: one worker process that serves one version on its own socket."""

import asyncio
import contextlib
import logging
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from unshelf.contracts.protocols.addresses import UnixAddress
from unshelf.contracts.protocols.host import Replica
from unshelf.contracts.protocols.worker import WorkerFailed, WorkerOutOfMemory, WorkerRefused, WorkerServing, WorkerUsed
from unshelf.host.launch.logs import tail
from unshelf.host.launch.process import Worker, WorkerSpec
from unshelf.host.launch.tiers import ResourceLimits
from unshelf.host.machine.memory import PrivateMemory, resident_bytes
from unshelf.host.sandbox.observed import observed_walls, place_of
from unshelf.host.sandbox.walls import Network
from unshelf.host.subprocesses import describe_exit

logger = logging.getLogger(__name__)

SOCKETS = "w*.sock"
"""The names of worker sockets in the run folder."""
_BACKLOG = 1024
_KEEPERS = 2
"""Processes that may come and go at the limit, and one of ours that counts to some limits and not to others."""


class StartFailed(Exception):
    """The worker ended, or said that it can't serve, before it served."""

    def __init__(self, reason: str, *, hint: str = "", log: str = "", refused: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.log = log
        self.refused = refused
        """Whether the worker said so itself or took too long, so that another start will most likely go the same way."""


@dataclass(frozen=True, kw_only=True)
class VersionKey:
    """Names one version."""

    model: str
    version: int

    def __str__(self) -> str:
        return f"{self.model}:{self.version}"


Origin = tuple[Worker, str]
"""A worker, and why it was not forked; empty: it was."""


class ReplicaProcess:
    """One worker process and what is known of it. Made by `start`."""

    def __init__(
        self,
        key: VersionKey,
        origin: Origin,
        resource_limits: ResourceLimits,
        socket_name: str,
        *,
        log_file: Path,
        log_start: int,
    ) -> None:
        self.key = key
        self.worker, self._spawned_because = origin
        self.footprint = 0
        """Bytes of memory that its end would free, as last measured."""
        self.heard_at = time.monotonic()
        """When it last showed that it makes progress."""
        self._resource_limits = resource_limits
        self._limits: list[str] = []
        self._walls: list[str] = []
        self._looked_at_requests = -1
        self._memory = PrivateMemory(self.worker.pid)
        self.address = str(UnixAddress(socket_name))
        self._socket = socket_name
        self.state: Literal["starting", "serving", "stopping"] = "starting"
        self.started_at = time.time()
        self.last_used_at = self.started_at
        self.requests = 0
        self.secrets = 0
        """The revision of its model's secrets that it was started with."""
        self.network: tuple[Network, list[str]] = ("full", [])
        """The network that it was started with, and what is granted to it."""
        self.is_cut_off: Callable[[], bool] = lambda: False
        """Whether what connects it to the outside is gone."""
        self.on_refused: Callable[[str], None] = lambda _place: None
        self._log_file = log_file
        self._log_start = log_start
        self._serving_since = 0.0
        self._first_word: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Task[int] = asyncio.create_task(self._follow())

    @classmethod
    async def start(
        cls,
        key: VersionKey,
        spec: WorkerSpec,
        resource_limits: ResourceLimits,
        begin: Callable[[WorkerSpec, socket.socket], Awaitable[Origin]],
    ) -> "ReplicaProcess":
        """Have `begin` start a worker on a new socket of the run folder, which is our working folder."""
        name = f"w{secrets.token_hex(4)}.sock"
        address = str(UnixAddress(name))
        log_start = spec.log_file.stat().st_size if spec.log_file.exists() else 0
        try:
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(name)
                listening.listen(_BACKLOG)
                origin = await begin(spec, listening)
        except BaseException:
            _remove_socket(name)
            resource_limits.release()
            raise
        logger.info("replica starting", extra={"reference": str(key), "pid": origin[0].pid, "address": address})
        return cls(key, origin, resource_limits, name, log_file=spec.log_file, log_start=log_start)

    async def wait_until_serving(self, seconds: float) -> None:
        """Return when it serves; raises StartFailed."""
        await asyncio.wait([self._first_word], timeout=seconds)
        if not self._first_word.done():
            raise StartFailed(
                f"it did not serve within {seconds:g} s", hint="See its log.", log=self.log_tail(), refused=True
            )
        self._first_word.result()

    async def stop(self, *, patience: float) -> None:
        """Drain it for at most `patience` seconds, then kill it."""
        if self.state != "stopping":
            self.state = "stopping"
            logger.info("replica stopping", extra={"reference": str(self.key), "pid": self.worker.pid})
        await self.worker.stop(patience=patience)
        await asyncio.shield(self.ended)

    @property
    def is_serving(self) -> bool:
        """Whether requests may be sent to it."""
        return self.state == "serving" and not self.worker.ended.done()

    @property
    def served_seconds(self) -> float:
        """How long it has served; 0 when it never did."""
        return time.monotonic() - self._serving_since if self._serving_since else 0.0

    @property
    def was_forked(self) -> bool:
        """Whether a zygote forked it."""
        return not self._spawned_because

    @property
    def gpus(self) -> tuple[str, ...]:
        """The GPUs that are its own."""
        return self._resource_limits.gpus

    def is_at_process_limit(self, counts: Mapping[str, int]) -> bool:
        """Whether it has as many processes and threads as it may, so that it can start no more. `counts`: those of each place, for where
        no control group counts them."""
        found = self._resource_limits.processes_now()
        if found is None and self.worker.place.walled:
            with contextlib.suppress(OSError):  # it is gone
                found = counts.get(place_of(self.worker.pid))
        return found is not None and found >= self.most_processes - _KEEPERS

    @property
    def most_processes(self) -> int:
        """How many processes and threads it may have."""
        return self._resource_limits.processes

    def out_of_memory(self) -> str:
        """The memory limit that ended it, for people; empty when it lives or ended otherwise."""
        return self._resource_limits.out_of_memory() if self.worker.ended.done() else ""

    def measure(self) -> bool:
        """Measure how much memory it takes, if it was used since the last look and may take more or less; whether it was done."""
        if self._looked_at_requests == self.requests:
            return False
        self._looked_at_requests = self.requests
        measured = self._memory.measure()
        if measured is None:
            return False
        self.footprint = measured
        return True

    def touch(self) -> None:
        """Note that the address was just given to a gateway."""
        self.last_used_at = time.time()

    def idle_seconds(self) -> float:
        """How long nobody has used it."""
        return time.time() - self.last_used_at

    def log_tail(self) -> str:
        """The last lines that it printed."""
        return tail(self._log_file, since=self._log_start)

    def facts(self) -> Replica:
        """Return what control and gateways may know about it."""
        return Replica(
            model=self.key.model, version=self.key.version, pid=self.worker.pid, address=self.address, state=self.state,
            memory_bytes=resident_bytes(self.worker.pid), started_at=self.started_at, last_used_at=self.last_used_at,
            requests=self.requests, started_by="fork" if self.was_forked else "spawn",
            spawned_because=self._spawned_because, tier=self._resource_limits.name, limits=self._limits,
            gpus=list(self.gpus), sandboxed=self.worker.place.walled, walls=self._walls,
        )  # fmt: skip

    async def _follow(self) -> int:
        """Take in its reports until it is gone; then remove its socket. Returns its exit status."""
        listening = asyncio.create_task(self._take_reports())
        status = await asyncio.shield(self.worker.ended)
        await listening
        self._resource_limits.release()
        if not self._first_word.done():
            limit = self._resource_limits.out_of_memory()
            reason = f"it ran out of its memory ({limit})" if limit else f"{describe_exit(status)} before it served"
            hint = "Deploy it with a larger tier: `[resources] tier`." if limit else ""
            self._first_word.set_exception(StartFailed(reason, hint=hint, log=self.log_tail(), refused=status >= 0))
        if self._first_word.exception() is not None:
            logger.warning("replica did not start", extra={"reference": str(self.key), "pid": self.worker.pid})
        _remove_socket(self._socket)
        level = logging.INFO if self.state == "stopping" else logging.WARNING
        logger.log(level, "replica ended", extra={"reference": str(self.key), "pid": self.worker.pid, "status": status})
        return status

    async def _take_reports(self) -> None:
        async for report in self.worker.reports():
            match report:
                case WorkerServing():
                    self._begin_serving(report)
                case WorkerFailed() if not self._first_word.done():
                    log = report.traceback or self.log_tail()
                    self._first_word.set_exception(StartFailed(report.reason, hint=report.hint, log=log, refused=True))
                case WorkerUsed():
                    self._note_use(report)
                case WorkerRefused():
                    self.on_refused(report.place)
                case WorkerOutOfMemory():
                    self._resource_limits.note_out_of_memory()

    def _begin_serving(self, report: WorkerServing) -> None:
        if self._first_word.done() or self.state != "starting":
            return
        self.state = "serving"
        self._serving_since = self.heard_at = time.monotonic()
        self._limits = report.limits
        self._walls = observed_walls(self.worker.pid, granted=bool(self.network[1]))
        self.last_used_at = time.time()
        self._first_word.set_result(None)
        logger.info(
            "replica serving",
            extra={"reference": str(self.key), "pid": self.worker.pid, "load_seconds": report.load_seconds},
        )

    def _note_use(self, report: WorkerUsed) -> None:
        self.heard_at = time.monotonic()
        self.requests = report.requests
        # The model's code shares the process and may write anything: a worker is not in use in the future.
        self.last_used_at = max(self.last_used_at, min(report.last_used, time.time()))


def _remove_socket(name: str) -> None:
    Path(name).unlink(missing_ok=True)
