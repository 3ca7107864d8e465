"""A worker that was started from nothing: our child, or a child behind the one that keeps its sandbox."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from unshelf.host.errors import HostFailure
from unshelf.host.launch.scratch import Scratch
from unshelf.host.sandbox.sandbox import Confined
from unshelf.host.subprocesses import kill_group, start_program

_PLACE_SECONDS = 30.0
"""How long the walls of a sandbox may take on a busy machine."""
_MESSAGE_BYTES = 1 << 16


class SpawnedProcess:
    """A process in a place, which is released when nothing is left in it. Made by `start`."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        place: Confined,
        report: "_Report | None",
        told: Mapping[str, Any],
        *,
        leaves_workers: bool = False,
    ) -> None:
        """`leaves_workers`: what it forked stays in its place when it ends."""
        self.pid: int = told["pid"]
        self.place = place
        self.joined: Collection[str] = told["joined"]
        self.stdin = process.stdin
        self._group: int = told["group"]
        self._init: int = told.get("init", -1)
        self._process = process
        self._report = report
        self._leaves_workers = leaves_workers
        self._emptied = asyncio.create_task(self._see_it_empty())

    @classmethod
    async def start(
        cls,
        place: Confined,
        arguments: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        scratch: Scratch,
        log_file: IO[bytes],
        descriptors: Sequence[int],
        leaves_workers: bool,
        channel: int = -1,
    ) -> "SpawnedProcess":
        """Start the program and learn its pid; `channel`: see `Confined.command`. Raises OSError, and HostFailure when its place can't
        be made; then the place is released."""
        report = _Report() if place.walled else None
        told_on = report.theirs if report is not None else -1
        try:
            process = await start_program(
                place.command(arguments, report=told_on, channel=channel, kept=[scratch.lock]),
                environment=place.environment(environment),
                folder=scratch.folder,
                output=log_file,
                errors=log_file,
                descriptors=[each for each in (*descriptors, scratch.lock, told_on, channel) if each >= 0],
            )
        except BaseException:
            if report is not None:
                report.close()
            place.release()
            raise
        if report is None:
            return cls(process, place, None, {"pid": process.pid, "group": process.pid, "joined": ()})
        try:
            return cls(process, place, report, await report.begun(), leaves_workers=leaves_workers)
        except BaseException:
            kill_group(process.pid)
            await asyncio.shield(process.wait())
            report.close()
            place.release()
            raise

    def ask_to_end(self) -> None:
        """Send SIGTERM; the keeper of a sandbox passes it on. Raises ProcessLookupError when it is gone."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it and its process group; in a sandbox, all that it ever started."""
        kill_group(self._group)

    def clear_place(self) -> None:
        """Kill the process of a sandbox with which all that is in there ends; its keeper sees it gone."""
        if self._init > 0 and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._init, signal.SIGKILL)

    async def wait(self) -> int:
        """Wait for its end and return its exit status."""
        if self._report is not None and self._leaves_workers:
            status = await self._report.ended()
            if status is not None:
                return status
        return await asyncio.shield(self._emptied)

    async def wait_until_empty(self) -> None:
        """Wait until nothing is left in its place."""
        await asyncio.shield(self._emptied)

    async def _see_it_empty(self) -> int:
        status = await self._process.wait()
        if self._report is not None:
            self._report.close()
        self.place.release()
        return status


class _Report:
    """The report of a sandbox's keeper on the program in it: that it began, and how it ended."""

    def __init__(self) -> None:
        self._ours, self.theirs = os.pipe()
        os.set_blocking(self._ours, False)
        self._loop = asyncio.get_running_loop()
        self._begun: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._ended: asyncio.Future[int | None] = self._loop.create_future()
        self._received = b""
        self._loop.add_reader(self._ours, self._read)

    async def begun(self) -> dict[str, Any]:
        """Return its pid, its process group, and the control groups that it joined. Raises HostFailure."""
        os.close(self.theirs)
        self.theirs = -1
        said: dict[str, Any] = {}
        with contextlib.suppress(TimeoutError):
            said = await asyncio.wait_for(asyncio.shield(self._begun), _PLACE_SECONDS)
        if "pid" in said:
            return said
        raise HostFailure(
            "unavailable",
            f"its sandbox could not be made: {said.get('refused', 'no answer came')}",
            hint="`unshelf doctor` shows what this machine lacks.",
            step="start",
        )

    async def ended(self) -> int | None:
        """Return its exit status once it ended; None when the keeper did not tell."""
        return await asyncio.shield(self._ended)

    def close(self) -> None:
        """Hear no more."""
        if self.theirs >= 0:
            os.close(self.theirs)
            self.theirs = -1
        if self._ours >= 0:
            self._loop.remove_reader(self._ours)
            os.close(self._ours)
            self._ours = -1
        if not self._begun.done():
            self._begun.set_result({})
        if not self._ended.done():
            self._ended.set_result(None)

    def _read(self) -> None:
        data = os.read(self._ours, _MESSAGE_BYTES)
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "status" in said:
                self._ended.set_result(said["status"])
            else:
                self._begun.set_result(said)
        if not data:
            self.close()
