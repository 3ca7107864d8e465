"""A runner as the host has it: its own child, or that of a host before it; either ends without the host having to be there."""

import asyncio
import os
import signal
import subprocess
import time

from unshelf.host.jobs.attempt_folder import AttemptFolder
from unshelf.host.metering.consumers import consumers

_BEGIN_SECONDS = 30.0
_LOOK_SECONDS = 0.05


class RunnerProcess:
    """Waits for a runner's end, and asks for it."""

    def __init__(self, folder: AttemptFolder, child: "subprocess.Popen[bytes] | None" = None) -> None:
        """`child`: the runner, where this host started it."""
        self._folder = folder
        self._child = child
        self._pidfd = -1 if child is None else os.pidfd_open(child.pid)

    async def wait(self) -> None:
        """Return when the runner has ended."""
        while self._pidfd < 0:  # an earlier host's, which may not have said yet who it is
            if not await asyncio.to_thread(self._folder.has_runner):
                return
            start = self._folder.start()
            if start is not None:
                try:
                    self._pidfd = os.pidfd_open(start.pid)
                except ProcessLookupError:
                    return
                if not await asyncio.to_thread(self._folder.has_runner):  # its number may be another process's by now
                    os.close(self._pidfd)
                    return
                if self._folder.is_ending():
                    self.ask_to_end()
            else:
                await asyncio.sleep(_LOOK_SECONDS)
        await _readable(self._pidfd)
        os.close(self._pidfd)
        self._pidfd = -1
        ended, start = self._folder.ended(), self._folder.start()
        if ended is not None and start is not None:
            consumers.finished(start.pid, ended.cpu_seconds)
        if self._child is not None:
            self._child.wait()

    def ask_to_end(self) -> None:
        """Have the runner end its program, for the reason that was noted. One that is gone is no error."""
        if self._pidfd < 0:
            return
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGTERM)
        except ProcessLookupError:
            return

    def wait_for_start(self) -> None:
        """Return when the runner has begun, or is gone. Blocks."""
        until = time.monotonic() + _BEGIN_SECONDS
        while self._folder.start() is None and time.monotonic() < until:
            if self._child is None or self._child.poll() is not None:
                return
            time.sleep(_LOOK_SECONDS / 10)


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def note_end() -> None:
        if not ended.done():
            ended.set_result(None)

    loop.add_reader(descriptor, note_end)
    try:
        await ended
    finally:
        loop.remove_reader(descriptor)
