"""A worker that a zygote forked: not our child, so that a pidfd shows its end, and the zygote reports its status."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Collection
from pathlib import Path

from unshelf.host.sandbox.sandbox import Confined
from unshelf.host.subprocesses import LOST_STATUS, kill_group

_STATUS_SECONDS = 0.5
"""How long after a worker's end its status may come; a zygote that imports something is late."""


class ForkedProcess:
    """The process behind a forked worker, with the few methods of asyncio's own that a Worker needs."""

    def __init__(
        self, pid: int, pidfd: int, place: Confined, lifeline: asyncio.WriteTransport, status: "asyncio.Future[int]"
    ) -> None:
        """`place` is its zygote's."""
        self.pid = pid
        self.place = place
        self.joined: Collection[str] = ()
        self.stdin = lifeline
        self._pidfd = pidfd
        self._status = status
        self._gone = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(pidfd, self._see_it_gone)

    def ask_to_end(self) -> None:
        """Send SIGTERM; it is surely this process that gets it. Raises ProcessLookupError when it is gone."""
        if self._gone.is_set():
            raise ProcessLookupError(self.pid)
        signal.pidfd_send_signal(self._pidfd, signal.SIGTERM)

    def kill(self) -> None:
        """Kill it, and the process group that it leads; in a sandbox, all that it ever started ends with it."""
        kill_group(self.pid)
        if not self._gone.is_set():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def clear_place(self) -> None:
        """Kill it: with it ends all that is in its part of its zygote's place."""
        self.kill()

    async def wait(self) -> int:
        """Wait for its end and return its exit status; LOST_STATUS when its zygote ended first."""
        await self._gone.wait()
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(self._status), _STATUS_SECONDS)
        return LOST_STATUS

    async def wait_until_empty(self) -> None:
        """Wait for its end: its place is its zygote's."""
        await self._gone.wait()

    def _see_it_gone(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._gone.set()


def pid_of(pidfd: int) -> int:
    """The pid of a process as we see it; what a zygote says of it would be a stranger's word, and a number in a namespace of its
    own. Raises OSError when the process is gone."""
    fields = (line.split() for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines())
    pid = next((int(words[1]) for words in fields if words[0] == "Pid:"), -1)
    if pid <= 0:
        raise ProcessLookupError("the forked process is gone")
    return pid
