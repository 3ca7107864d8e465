"""A slot: the place of one version's replica; many may ask for it at once, one is started."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from unshelf.contracts.routing import VersionRoute
from unshelf.host.crashes import CrashGuard
from unshelf.host.failures import HostFailure
from unshelf.host.replicas import Replica, StartFailed, VersionKey
from unshelf.host.subprocesses import ending

log = logging.getLogger(__name__)

STOP_SECONDS = 10.0
"""How long a replica may go on with what it received once it must go."""
_HEARSAY_SECONDS = 0.1


class Slot:
    """Starts, replaces and stops the replica of one version."""

    def __init__(
        self,
        key: VersionKey,
        route: VersionRoute,
        start: Callable[[VersionKey, VersionRoute], Awaitable[Replica]],
        *,
        start_seconds: float,
    ) -> None:
        self.key = key
        self.route = route
        self.crashes = CrashGuard()
        self._start = start
        self._start_seconds = start_seconds
        self._current: Replica | None = None
        self._starting: asyncio.Task[Replica] | None = None
        self._replicas: set[Replica] = set()
        self._background: set[asyncio.Task[None]] = set()

    @property
    def is_empty(self) -> bool:
        """Whether there is no process of this version and none on its way."""
        return not self._replicas and self._starting is None

    def replicas(self) -> list[Replica]:
        """All its processes: the one that serves, one that starts, those on their way out."""
        return sorted(self._replicas, key=lambda replica: replica.started_at)

    async def wake(self, not_address: str | None = None) -> str:
        """The address of a replica that serves, never `not_address`; starts one if need be. Raises HostFailure."""
        current = self._current
        if current is not None and current.is_serving and current.address != not_address:
            current.touch()
            return current.address
        if current is not None:
            # Most likely it died and we have yet to hear of it; then its end counts as a crash. Else it is replaced.
            await asyncio.wait([current.ended], timeout=_HEARSAY_SECONDS)
            if self._current is current:
                self._retire(current, patience=max(STOP_SECONDS, self.route.timeout))
        if self._current is not None and self._current.is_serving:
            return self._current.address
        starting = self.start()
        try:
            replica = await asyncio.shield(starting)
        except asyncio.CancelledError:
            if not starting.cancelled():
                raise
            raise HostFailure(
                "unavailable", f"{self.key} was stopped while it started", retry_after=1.0, step="start"
            ) from None
        return replica.address

    def start(self) -> asyncio.Task[Replica]:
        """Have a replica started, unless one is on its way already."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start_replica())
            self._starting.add_done_callback(self._started)
        return self._starting

    def keep_alive(self) -> None:
        """Have a replica started unless there is one, or it must wait after too many crashes."""
        serves = self._current is not None and self._current.is_serving
        if not serves and self._starting is None and not self.crashes.wait_seconds():
            self.start()

    def stop_when_idle(self) -> None:
        """Let the replica go if nobody has used it for the version's idle time."""
        current = self._current
        if current is not None and current.is_serving and current.idle_seconds() >= self.route.idle_seconds:
            self._retire(current, patience=max(STOP_SECONDS, self.route.timeout))

    def close(self) -> None:
        """Let everything go; it is gone when the slot is empty."""
        if self._starting is not None:
            self._starting.cancel()
        for replica in self._replicas:
            if replica.state != "stopping":
                self._retire(replica, patience=STOP_SECONDS)

    async def wait_until_empty(self) -> None:
        """Return when no process is left."""
        while tasks := [*self._background, *([self._starting] if self._starting else [])]:
            await asyncio.wait(tasks)

    async def _start_replica(self) -> Replica:
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
            self._current = replica
            return replica

    async def _open_replica(self) -> Replica:
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

    def _started(self, task: asyncio.Task[Replica]) -> None:
        self._starting = None
        # Waiters may all be gone by now; the failure was told to those who were there and is in the crash guard.
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("version could not be started", extra={"reference": str(self.key), "reason": str(error)})

    def _retire(self, replica: Replica, *, patience: float) -> None:
        if self._current is replica:
            self._current = None
        if replica.state != "stopping":
            self._run(replica.stop(patience=patience))
            replica.state = "stopping"

    async def _see_it_end(self, replica: Replica) -> None:
        status = await asyncio.shield(replica.ended)
        self._replicas.discard(replica)
        if self._current is replica:
            self._current = None
            self.crashes.died(lived_seconds=replica.served_seconds, reason=ending(status), log=replica.log_tail())

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
