"""The replica set of one version: many may ask for a replica at once, one is started."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple

from unshelf.contracts.protocols.host import How
from unshelf.contracts.routing import VersionRoute
from unshelf.host.errors import HostFailure
from unshelf.host.launch.backoff import CrashLoopBackoff
from unshelf.host.launch.replica import ReplicaProcess, StartFailed, VersionKey
from unshelf.host.subprocesses import describe_exit

logger = logging.getLogger(__name__)

STOP_SECONDS = 10.0
"""How long a replica may go on with what it received once it must go."""
_REPORT_DELAY_SECONDS = 0.1
_DIAGNOSIS_SECONDS = 2.0
_REMEMBERED_ENDS = 8


class Woken(NamedTuple):
    """Where a version is served."""

    addresses: list[str]
    how: How
    """forked, spawned, or running already."""


class ReplicaSet:
    """Starts, replaces and stops the replicas of one version."""

    def __init__(
        self,
        key: VersionKey,
        route: VersionRoute,
        start: Callable[[VersionKey, VersionRoute], Awaitable[ReplicaProcess]],
        *,
        start_seconds: float,
        fork_failed: Callable[[VersionKey, str], None],
    ) -> None:
        self.key = key
        self.route = route
        self.crashes = CrashLoopBackoff()
        self._start = start
        self._start_seconds = start_seconds
        self._fork_failed = fork_failed
        self._current: list[ReplicaProcess] = []
        """The replicas that requests are sent to, in the order of their start."""
        self._starting: asyncio.Task[ReplicaProcess] | None = None
        self._replicas: set[ReplicaProcess] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._ended_by_memory: OrderedDict[str, str] = OrderedDict()
        self._wakes = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is no process of this version and none on its way."""
        return not self._replicas and self._starting is None

    @property
    def is_forgettable(self) -> bool:
        """Whether nothing would be lost with the replica set itself."""
        return self.is_empty and self.crashes.is_clean and not self._wakes and not self._ended_by_memory

    @property
    def running(self) -> int:
        """How many replicas serve or start."""
        return len(self.serving()) + (self._starting is not None)

    def replicas(self) -> list[ReplicaProcess]:
        """All its processes: those that serve, one that starts, those on their way out."""
        return sorted(self._replicas, key=lambda replica: replica.started_at)

    def serving(self) -> list[ReplicaProcess]:
        """List the replicas that requests may be sent to."""
        return [replica for replica in self._current if replica.is_serving]

    async def wake(self, not_address: str | None = None) -> Woken:
        """The addresses of replicas that serve, never `not_address`; starts one if need be. Raises HostFailure."""
        self._wakes += 1
        try:
            return await self._wake(not_address)
        finally:
            self._wakes -= 1

    async def _wake(self, not_address: str | None) -> Woken:
        for replica in list(self._current):
            if replica.address == not_address or not replica.is_serving:
                # Most likely it died and we have yet to hear of it; then its end counts as a crash. Else it is replaced.
                await asyncio.wait([replica.ended], timeout=_REPORT_DELAY_SECONDS)
                if replica in self._current:
                    self._retire(replica, patience=self._patience)
        if serving := self.serving():
            for replica in serving:
                replica.touch()
            return Woken([replica.address for replica in serving], "running")
        starting = self.start()
        try:
            replica = await asyncio.shield(starting)
        except asyncio.CancelledError:
            if not starting.cancelled():
                raise
            raise HostFailure(
                "unavailable", f"{self.key} was stopped while it started", retry_after=1.0, step="start"
            ) from None
        return Woken([replica.address], "forked" if replica.was_forked else "spawned")

    async def out_of_memory(self, address: str) -> str:
        """The memory limit that ended the replica at this address, for people; empty when it was not that."""
        for replica in list(self._replicas):
            if replica.address == address:
                await asyncio.wait([replica.ended], timeout=_DIAGNOSIS_SECONDS)
                return replica.out_of_memory()
        return self._ended_by_memory.get(address, "")

    def kill_stuck(self, address: str, silent_seconds: float) -> None:
        """Kill the replica at this address, unless it was heard in that time."""
        for replica in self.serving():
            silent = time.monotonic() - replica.heard_at
            if replica.address == address and silent >= silent_seconds - _REPORT_DELAY_SECONDS:
                logger.warning(
                    "replica hangs, so it is killed",
                    extra={"reference": str(self.key), "pid": replica.worker.pid, "silent_seconds": round(silent, 3)},
                )
                replica.worker.kill()

    def start(self) -> asyncio.Task[ReplicaProcess]:
        """Have a replica started, unless one is on its way already."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start_replica())
            self._starting.add_done_callback(self._started)
        return self._starting

    def keep(self, count: int) -> None:
        """Have a replica started if fewer than `count` serve, unless it must wait after too many crashes."""
        if len(self.serving()) < count and self._starting is None and not self.crashes.wait_seconds_unasked():
            self.start()

    def shrink(self, count: int) -> None:
        """Let one replica go if more than `count` serve: one with old secrets, else the one that was started last."""
        if len(serving := self.serving()) > count:
            self._retire((self._outdated() or serving[-1:])[0], patience=self._patience)

    def renew(self) -> None:
        """Replace a replica that was started with older secrets, or another network, than its version has now: one after the other, each
        once another serves in its place. One that has a GPU goes first, as there may be no other."""
        outdated = self._outdated()
        if not outdated or self._starting is not None or self.crashes.wait_seconds():
            return
        if outdated[0].gpus:
            self._retire(outdated[0], patience=self._patience)
        self.start()

    def stop_idle(self, count: int) -> None:
        """Stop replicas beyond `count` that were not used for the version's idle time."""
        for replica in reversed(self.serving()[count:]):
            if replica.idle_seconds() >= self.route.idle_seconds:
                self._retire(replica, patience=self._patience)

    def stop_unused(self, seconds: float) -> None:
        """Let those go, beyond the minimum, that nobody used for so long: another version may take their place."""
        for replica in reversed(self.serving()[self.route.min_replicas :]):
            if replica.idle_seconds() >= seconds:
                self._retire(replica, patience=self._patience)

    def evict(self, replica: ReplicaProcess) -> None:
        """Let this replica go: its memory is needed."""
        self._retire(replica, patience=self._patience)

    def replace_crowded(self, replica: ReplicaProcess, reason: str) -> None:
        """Let a replica go that can start no process any more; another comes in its place when it is needed."""
        self.crashes.died(lived_seconds=replica.served_seconds, reason=reason, log=replica.log_tail())
        self._retire(replica, patience=self._patience)

    def close(self) -> None:
        """Let everything go; it is gone when the replica set is empty."""
        if self._starting is not None:
            self._starting.cancel()
        for replica in self._replicas:
            if replica.state != "stopping":
                self._retire(replica, patience=STOP_SECONDS)

    def kill(self) -> None:
        """Let nothing finish what it does."""
        if self._starting is not None:
            self._starting.cancel()
        for replica in self._replicas:
            replica.worker.kill()

    async def wait_until_empty(self) -> None:
        """Return when no process is left."""
        while tasks := [*self._background, *([self._starting] if self._starting else [])]:
            await asyncio.wait(tasks)

    @property
    def _patience(self) -> float:
        return max(STOP_SECONDS, self.route.timeout)

    async def _start_replica(self) -> ReplicaProcess:
        while True:
            if wait := self.crashes.wait_seconds():
                raise self._held_back(wait)
            replica = await self._open_replica()
            self._replicas.add(replica)
            self._run(self._see_it_end(replica))
            try:
                await replica.wait_until_serving(self._start_seconds)
            except StartFailed as failure:
                await replica.stop(patience=0)
                if replica.was_forked:
                    self._fork_failed(self.key, failure.reason)
                if failure.refused:
                    self.crashes.refused(reason=failure.reason, log=failure.log)
                else:
                    self.crashes.died(lived_seconds=0, reason=failure.reason, log=failure.log)
                if self.crashes.wait_seconds():
                    raise self._could_not_start(failure) from failure
                continue
            except asyncio.CancelledError:
                replica.worker.kill()
                raise
            outdated = self._outdated()
            self._current.append(replica)
            if outdated:  # it is there in place of this one
                self._retire(outdated[0], patience=self._patience)
            return replica

    def _outdated(self) -> list[ReplicaProcess]:
        """The replicas with older secrets than are published (a newer revision than that is about to be published), with another network,
        or cut off from it."""
        now, network = self.route.secrets, (self.route.network, self.route.allow)
        return [
            each
            for each in self.serving()
            if (each.secrets != now and (not now or each.secrets < now)) or each.network != network or each.is_cut_off()
        ]

    async def _open_replica(self) -> ReplicaProcess:
        try:
            return await self._start(self.key, self.route)
        except HostFailure as failure:
            self.crashes.refused(reason=failure.detail, log=failure.log)
            raise
        except OSError as error:
            self.crashes.refused(reason=str(error))
            raise HostFailure(
                "unavailable",
                f"{self.key} can't be started: {error}",
                hint="`unshelf doctor` shows what this machine lacks.",
                step="start",
                retry_after=self.crashes.wait_seconds(),
            ) from error

    def _started(self, task: asyncio.Task[ReplicaProcess]) -> None:
        self._starting = None
        # Waiters may all be gone by now; those who were there have the failure, and so has the backoff.
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.warning("version could not be started", extra={"reference": str(self.key), "reason": str(error)})

    def _retire(self, replica: ReplicaProcess, *, patience: float) -> None:
        if replica in self._current:
            self._current.remove(replica)
        if replica.state != "stopping":
            self._run(replica.stop(patience=patience))
            replica.state = "stopping"

    async def _see_it_end(self, replica: ReplicaProcess) -> None:
        status = await asyncio.shield(replica.ended)
        self._replicas.discard(replica)
        limit = replica.out_of_memory()
        if limit:
            self._ended_by_memory[replica.address] = limit
            while len(self._ended_by_memory) > _REMEMBERED_ENDS:
                self._ended_by_memory.popitem(last=False)
        if replica in self._current:
            self._current.remove(replica)
            reason = f"it ran out of its memory ({limit})" if limit else describe_exit(status)
            self.crashes.died(lived_seconds=replica.served_seconds, reason=reason, log=replica.log_tail())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _could_not_start(self, failure: StartFailed) -> HostFailure:
        return HostFailure(
            "unavailable",
            f"{self.key} can't be started: {failure.reason}",
            hint=failure.hint or f"Its log says more: `unshelf logs {self.key}`.",
            step="start",
            log=failure.log,
            retry_after=self.crashes.wait_seconds(),
        )

    def _held_back(self, wait: float) -> HostFailure:
        return HostFailure(
            "unavailable",
            f"{self.key} keeps failing and is started again in {wait:.1f} s: {self.crashes.reason}",
            hint="Deploy a version that works, or release the one before it.",
            step="start",
            log=self.crashes.log,
            retry_after=wait,
        )
