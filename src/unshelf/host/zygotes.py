"""Zygotes: one warm process an environment, from which workers are forked in milliseconds; where there is none, they are spawned."""

import asyncio
import json
import logging
import os
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from unshelf.host.crashes import CrashGuard
from unshelf.host.forked import ForkedProcess
from unshelf.host.pipes import connected
from unshelf.host.subprocesses import LOST_STATUS
from unshelf.host.workers import Launch, Worker

log = logging.getLogger(__name__)

_MESSAGE_BYTES = 1 << 16
_DESCRIPTORS = 4
_READY_SECONDS = 60.0
_FORK_SECONDS = 20.0
"""A zygote that does not fork for so long hangs in an import: it is given up."""


class NoZygote(Exception):
    """It can't fork now; the reason is the message."""


@dataclass(frozen=True, kw_only=True)
class Warmth:
    """Which zygote a version needs: that of its environment, with its number of threads (BLAS fixes it when it is imported)."""

    environment: str
    threads: int


class Zygote:
    """One warm process. Made by `start`; unusable from its end on."""

    def __init__(self, worker: Worker, control: socket.socket, modules: Iterable[str], environment: str) -> None:
        self.worker = worker
        self.environment = environment
        self.last_used_at = time.monotonic()
        self._control = control
        self._loop = asyncio.get_running_loop()
        self._warm = set(modules)
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._ids = 0
        self._forks: dict[int, asyncio.Future[tuple[int, int]]] = {}
        self._statuses: dict[int, asyncio.Future[int]] = {}
        self._loop.add_reader(control, self._hear)
        worker.ended.add_done_callback(lambda _: self.close())

    @classmethod
    async def start(cls, launch: Launch, environment: str) -> "Zygote":
        """Start a zygote and wait until it is warm. Raises NoZygote."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            with theirs:
                worker = await Worker.start(launch, listen=theirs)
        except BaseException:
            ours.close()
            raise
        zygote = cls(worker, ours, launch.spec["modules"], environment)
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await zygote._ready
        except TimeoutError:
            raise NoZygote(f"it was not warm within {_READY_SECONDS:g} s") from None
        finally:
            if not zygote._ready.done() or zygote._ready.exception() is not None:
                zygote.close()
        return zygote

    @property
    def is_alive(self) -> bool:
        """Whether it may be asked to fork."""
        return self._control.fileno() >= 0

    async def fork(self, launch: Launch, listen: socket.socket) -> Worker:
        """A worker that serves on `listen`, which stays the caller's to close. Raises NoZygote."""
        return await Worker.begin(launch, lambda scratch, report: self._fork(launch, listen, scratch, report))

    async def _fork(self, launch: Launch, listen: socket.socket, scratch: Path, report: int) -> ForkedProcess:
        lifeline_end, our_end = os.pipe()
        try:
            file = os.fdopen(our_end, "wb", buffering=0)
            lifeline, _ = await connected(self._loop.connect_write_pipe(asyncio.Protocol, file))
            try:
                with launch.log_file.open("ab") as log_file:
                    descriptors = [listen.fileno(), report, lifeline_end, log_file.fileno()]
                    pid, pidfd = await self._ask(launch.modules, scratch, descriptors)
            except BaseException:
                lifeline.close()
                raise
        finally:
            os.close(lifeline_end)
        status = self._statuses.setdefault(pid, self._loop.create_future())
        return ForkedProcess(pid, pidfd, lifeline, status)

    async def _ask(self, modules: Iterable[str], scratch: Path, descriptors: list[int]) -> tuple[int, int]:
        self._ids += 1
        number = self._ids
        missing = sorted(set(modules) - self._warm)
        self._warm.update(missing)
        self.last_used_at = time.monotonic()
        answer = self._forks[number] = self._loop.create_future()
        message = json.dumps({"id": number, "modules": missing, "scratch": str(scratch)}).encode()
        try:
            socket.send_fds(self._control, [message], descriptors)
            async with asyncio.timeout(_FORK_SECONDS):
                return await asyncio.shield(answer)
        except TimeoutError:
            self.close()
            raise NoZygote(f"it did not fork within {_FORK_SECONDS:g} s") from None
        except OSError as error:
            raise NoZygote(f"it can't be asked: {error}") from error
        except asyncio.CancelledError:
            answer.add_done_callback(_let_go)  # the child finds its lifeline cut and ends
            raise
        finally:
            self._forks.pop(number, None) if answer.done() else None

    def _hear(self) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES, _DESCRIPTORS)
        except BlockingIOError:
            return
        except OSError as error:
            log.warning("a zygote can't be heard", extra={"pid": self.worker.pid, "reason": str(error)})
            message, descriptors = b"", []
        if not message:
            self.close()
            return
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        event = json.loads(message)
        match event["event"]:
            case "ready" if not self._ready.done():
                self._ready.set_result(None)
            case "forked":
                self._statuses.setdefault(event["pid"], self._loop.create_future())
                self._forks.pop(event["id"]).set_result((event["pid"], descriptors[0]))
            case "ended":
                status = self._statuses.pop(event["pid"], None)
                if status is not None and not status.done():
                    status.set_result(event["status"])

    def close(self) -> None:
        """End it, and everybody's wait for it. Its children live on."""
        if not self.is_alive:
            return
        self._loop.remove_reader(self._control)
        self._control.close()
        self.worker.kill()
        gone = NoZygote("it ended")
        if not self._ready.done():
            self._ready.set_exception(gone)
            self._ready.exception()  # seen: it may have been cancelled while it started
        for answer in self._forks.values():
            if not answer.done():
                answer.set_exception(gone)
                answer.exception()  # whoever waits hears of it; nobody may
        self._forks.clear()
        for status in self._statuses.values():
            if not status.done():
                status.set_result(LOST_STATUS)
        self._statuses.clear()


def _let_go(answer: "asyncio.Future[tuple[int, int]]") -> None:
    """Nobody waits for this child any more; it finds its lifeline cut, and ends."""
    if not answer.cancelled() and answer.exception() is None:
        os.close(answer.result()[1])


class Zygotes:
    """The zygotes of this machine, by what they are warm for."""

    def __init__(self, launch: Callable[[Warmth], Launch]) -> None:
        """`launch` tells how the zygote for a warmth is started."""
        self._launch = launch
        self._zygotes: dict[Warmth, Zygote] = {}
        self._starting: dict[Warmth, asyncio.Task[Zygote]] = {}
        self._guards: dict[Warmth, CrashGuard] = {}

    async def warm(self, warmth: Warmth) -> Zygote:
        """The zygote for this; started, if there is none. Raises NoZygote."""
        zygote = self._zygotes.get(warmth)
        if zygote is not None and zygote.is_alive:
            return zygote
        return await asyncio.shield(self._start(warmth))

    def keep(self, wanted: Iterable[Warmth]) -> None:
        """Have zygotes for these, one started after the other."""
        if self._starting:
            return
        for warmth in wanted:
            zygote = self._zygotes.get(warmth)
            if (zygote is None or not zygote.is_alive) and not self._guard(warmth).wait_seconds():
                self._start(warmth)
                return

    def all(self) -> list[Zygote]:
        """Those that are alive, the least recently used first."""
        alive = [zygote for zygote in self._zygotes.values() if zygote.is_alive]
        return sorted(alive, key=lambda zygote: zygote.last_used_at)

    def drop_unwanted(self, environments: Iterable[str]) -> None:
        """End the zygotes of all other environments."""
        wanted = set(environments)
        for warmth in [warmth for warmth in self._zygotes if warmth.environment not in wanted]:
            self._zygotes.pop(warmth).close()
            self._guards.pop(warmth, None)

    async def wait_until_gone(self, environments: Iterable[str]) -> None:
        """End the zygotes of these environments and wait for it."""
        named = set(environments)
        ending = [warmth for warmth in {**self._zygotes, **self._starting} if warmth.environment in named]
        await asyncio.gather(*(self._end(warmth) for warmth in ending))

    async def stop(self) -> None:
        """End all."""
        await asyncio.gather(*(self._end(warmth) for warmth in {**self._zygotes, **self._starting}))

    async def _end(self, warmth: Warmth) -> None:
        starting = self._starting.get(warmth)
        if starting is not None:
            starting.cancel()
            await asyncio.wait([starting])
        zygote = self._zygotes.pop(warmth, None)
        if zygote is not None:
            zygote.close()
            await asyncio.shield(zygote.worker.ended)

    def _start(self, warmth: Warmth) -> "asyncio.Task[Zygote]":
        task = self._starting.get(warmth)
        if task is None:
            task = self._starting[warmth] = asyncio.create_task(self._start_zygote(warmth))
            task.add_done_callback(lambda task: self._started(warmth, task))
        return task

    async def _start_zygote(self, warmth: Warmth) -> Zygote:
        guard = self._guard(warmth)
        if wait := guard.wait_seconds():
            raise NoZygote(f"{guard.reason}; it is tried again in {wait:.1f} s")
        began = time.monotonic()
        try:
            zygote = await Zygote.start(self._launch(warmth), warmth.environment)
        except (NoZygote, OSError) as error:
            guard.refused(reason=f"the zygote of its environment did not start: {error}")
            raise NoZygote(guard.reason) from error
        self._zygotes[warmth] = zygote
        fields = {"environment": warmth.environment, "threads": warmth.threads, "pid": zygote.worker.pid}
        log.info("zygote warm", extra={**fields, "seconds": round(time.monotonic() - began, 3)})
        return zygote

    def _started(self, warmth: Warmth, task: "asyncio.Task[Zygote]") -> None:
        self._starting.pop(warmth, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("zygote did not start", extra={"environment": warmth.environment, "reason": str(error)})

    def _guard(self, warmth: Warmth) -> CrashGuard:
        return self._guards.setdefault(warmth, CrashGuard())
