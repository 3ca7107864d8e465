"""A worker that a zygote forked: not our child, so that its end is seen through a pidfd and told in full by the zygote."""

import asyncio
import contextlib
import os
import signal

from unshelf.host.subprocesses import LOST_STATUS

_STATUS_SECONDS = 0.5
"""How long after a worker's end its status may come; a zygote that imports something is late."""


class ForkedProcess:
    """The process behind a forked worker, with the few methods of asyncio's own that a Worker needs."""

    def __init__(self, pid: int, pidfd: int, lifeline: asyncio.WriteTransport, status: "asyncio.Future[int]") -> None:
        self.pid = pid
        self.stdin = lifeline
        self._pidfd = pidfd
        self._status = status
        self._gone = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(pidfd, self._see_it_gone)

    def send_signal(self, number: int) -> None:
        """Send it a signal; it is surely this process that gets it. Raises ProcessLookupError when it is gone."""
        if self._gone.is_set():
            raise ProcessLookupError(self.pid)
        signal.pidfd_send_signal(self._pidfd, signal.Signals(number))

    async def wait(self) -> int:
        """Its exit status, once it is gone; LOST_STATUS when its zygote did not live to tell."""
        await self._gone.wait()
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(self._status), _STATUS_SECONDS)
        return LOST_STATUS

    def _see_it_gone(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._gone.set()
