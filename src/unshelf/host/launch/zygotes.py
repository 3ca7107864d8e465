"""Zygotes: one warm process an environment, from which workers are forked in milliseconds; where there is none, they are spawned."""

import asyncio
import contextlib
import functools
import logging
import os
import socket
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from unshelf.contracts.metering.usage import Consumer
from unshelf.contracts.protocols.worker import WorkerConfig, ZygoteConfig
from unshelf.contracts.protocols.zygote import ChildEnded, Forked, ForkRefused, ForkRequest, ZygoteReady, ZygoteReport
from unshelf.host.egress.plan import EgressPlan
from unshelf.host.launch.backoff import CrashLoopBackoff
from unshelf.host.launch.forked_process import ForkedProcess, pid_of
from unshelf.host.launch.pipes import connected
from unshelf.host.launch.process import Worker, WorkerSpec
from unshelf.host.launch.scratch import Scratch
from unshelf.host.launch.worker_mounts import MountHelper, make_mounts
from unshelf.host.metering.consumers import consumers, metered_as
from unshelf.host.sandbox.sandbox import Confined
from unshelf.host.sandbox.syscall_filter import syscall_filter
from unshelf.host.sandbox.walls import Network
from unshelf.host.subprocesses import LOST_STATUS

logger = logging.getLogger(__name__)

_reports: msgspec.json.Decoder[ZygoteReport] = msgspec.json.Decoder(ZygoteReport)
_MESSAGE_BYTES = 1 << 16
_DESCRIPTORS = 4
_READY_SECONDS = 60.0
_FORK_SECONDS = 20.0
"""A zygote that does not fork for so long hangs in an import: it is given up."""


_helper = MountHelper()


class NoZygote(Exception):
    """The zygote can't fork now; the reason is the message."""


Variables = tuple[tuple[str, str], ...]
"""Names and values of environment variables, by name."""


@dataclass(frozen=True, kw_only=True)
class ZygoteKey:
    """Which zygote a version needs: that of its environment, with its number of threads (BLAS fixes it when it is imported), its
    network with what that reaches, and its own variables: modules may read them when they are imported, and no worker may see those of
    another model. One that a package has poisoned can harm its own project alone."""

    environment: str
    project: str = ""
    threads: int
    network: Network = "full"
    egress: EgressPlan | None = None
    variables: Variables = field(default=(), repr=False)

    @property
    def lineage(self) -> "Lineage":
        """Return the part that must be wanted by some version, or the zygote ends."""
        return self.environment, self.project, self.network, self.egress, self.variables


Lineage = tuple[str, str, Network, EgressPlan | None, Variables]
"""Environment, project, network, what that reaches, and variables."""


def in_order(variables: Mapping[str, str]) -> Variables:
    """Return variables as they stand in a key."""
    return tuple(sorted(variables.items()))


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
        self._children = 0
        self._forks: dict[int, asyncio.Future[int]] = {}
        self._statuses: dict[int, asyncio.Future[int]] = {}
        self._loop.add_reader(control, self._receive)
        worker.ended.add_done_callback(lambda _: self.close())

    @classmethod
    async def start(cls, spec: WorkerSpec, environment: str) -> "Zygote":
        """Start a zygote and wait until it is warm. Raises NoZygote."""
        modules = spec.config.modules if isinstance(spec.config, ZygoteConfig) else ()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            with theirs, metered_as(Consumer(kind="warm", name=environment)):
                worker = await Worker.start(spec, listen=theirs)
        except BaseException:
            ours.close()
            raise
        zygote = cls(worker, ours, modules, environment)
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

    async def fork(self, spec: WorkerSpec, listen: socket.socket) -> Worker:
        """A worker that serves on `listen`, which stays the caller's to close. Raises NoZygote."""
        self._children += 1
        try:
            worker = await Worker.begin(spec, lambda scratch, report: self._fork(spec, listen, scratch, report))
        except BaseException:
            self._see_child_end()
            raise
        worker.ended.add_done_callback(lambda _: self._see_child_end())
        return worker

    def _see_child_end(self) -> None:
        self._children -= 1
        self._clear_place()

    def _clear_place(self) -> None:
        """Once it and all its workers have ended, nothing is left in its place: not what left them in a namespace of its own."""
        if not self.is_alive and not self._children:
            self.worker.clear_place()

    async def _fork(self, spec: WorkerSpec, listen: socket.socket, scratch: Scratch, report: int) -> ForkedProcess:
        lifeline_end, our_end = os.pipe()
        place = self.worker.place
        try:
            file = os.fdopen(our_end, "wb", buffering=0)
            lifeline, _ = await connected(self._loop.connect_write_pipe(asyncio.Protocol, file))
            try:
                with spec.log_file.open("ab") as log_file, _mounts(spec, place) as mounts:
                    descriptors = [listen.fileno(), report, lifeline_end, log_file.fileno(), scratch.lock, *mounts]
                    number, pidfd = await self._ask(spec, scratch, descriptors)
                process = self._process(number, pidfd, lifeline)
            except BaseException:
                lifeline.close()
                raise
        finally:
            os.close(lifeline_end)
        process.joined = [group.file for group in spec.groups]
        consumers.started(process.pid, parent=self.worker.pid)
        return process

    def _process(self, number: int, pidfd: int, lifeline: asyncio.WriteTransport) -> ForkedProcess:
        status = self._statuses.setdefault(number, self._loop.create_future())
        try:
            return ForkedProcess(pid_of(pidfd), pidfd, self.worker.place, lifeline, status)
        except OSError as error:
            os.close(pidfd)
            raise NoZygote(f"what it forked ended at once: {error}") from error

    async def _ask(self, spec: WorkerSpec, scratch: Scratch, descriptors: list[int]) -> tuple[int, int]:
        self._ids += 1
        number = self._ids
        missing = sorted(set(spec.modules) - self._warm)
        self._warm.update(missing)
        self.last_used_at = time.monotonic()
        answer = self._forks[number] = self._loop.create_future()
        place = self.worker.place
        request = ForkRequest(id=number, modules=missing, scratch=str(scratch.folder))
        if place.walled:
            request = ForkRequest(
                id=number, modules=missing, scratch=str(place.scratch), walled=True, network=spec.network,
                addresses=spec.egress.addresses if spec.channel >= 0 and spec.egress is not None else [],
                listeners=spec.egress.listeners if spec.channel >= 0 and spec.egress is not None else [],
                shared_bytes=spec.temporary_bytes, processes=spec.processes, filter=_worker_filter(),
            )  # fmt: skip
        message = msgspec.json.encode(request)
        try:
            socket.send_fds(self._control, [message], descriptors)
            async with asyncio.timeout(_FORK_SECONDS):
                return number, await asyncio.shield(answer)
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

    def _receive(self) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES, _DESCRIPTORS)
        except BlockingIOError:
            return
        except OSError as error:
            logger.warning("a zygote can't be heard", extra={"pid": self.worker.pid, "reason": str(error)})
            message, descriptors = b"", []
        if not message:
            self.close()
            return
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        match _reports.decode(message):
            case ZygoteReady() if not self._ready.done():
                self._ready.set_result(None)
            case Forked(id=number) if number in self._forks and descriptors:
                self._statuses.setdefault(number, self._loop.create_future())
                self._forks.pop(number).set_result(descriptors.pop())
            case ForkRefused(id=number, reason=reason) if number in self._forks:
                answer = self._forks.pop(number)
                answer.set_exception(NoZygote(f"a forked worker can't have walls of its own here: {reason}"))
                answer.exception()  # retrieved: perhaps nobody waits
            case ChildEnded(id=number, status=exit_status):
                status = self._statuses.pop(number, None)
                if status is not None and not status.done():
                    status.set_result(exit_status)
        for descriptor in descriptors:  # what was not asked for
            os.close(descriptor)

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
                answer.exception()  # retrieved: perhaps nobody waits
        self._forks.clear()
        for status in self._statuses.values():
            if not status.done():
                status.set_result(LOST_STATUS)
        self._statuses.clear()
        self._clear_place()


@functools.cache
def _worker_filter() -> str:
    return syscall_filter().hex()


def _let_go(answer: "asyncio.Future[int]") -> None:
    """Let a child go that is no longer waited for: it finds its lifeline cut, and ends."""
    if not answer.cancelled() and answer.exception() is None:
        os.close(answer.result())


@contextlib.contextmanager
def _mounts(spec: WorkerSpec, place: Confined) -> Iterator[list[int]]:
    """Descriptors of mounts of the worker's bundle and of its own folder, for a worker with walls."""
    descriptors: list[int] = []
    try:
        if place.walled and isinstance(spec.config, WorkerConfig):
            make = _helper.make if spec.sandbox.kind == "user namespaces" else make_mounts
            descriptors += make(Path(spec.config.bundle), place.user, spec.temporary_bytes, place.readable)
            if spec.channel >= 0:
                descriptors.append(os.dup(spec.channel))
            # Opened by us, and written to by the worker itself: the system moves a thread that moves itself in no time.
            descriptors.extend(
                os.open(file, os.O_WRONLY) for file in dict.fromkeys(group.file for group in spec.groups)
            )
        yield descriptors
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


class ZygotePool:
    """The zygotes of this machine, by what they are warm for."""

    def __init__(self, spec: Callable[[ZygoteKey], WorkerSpec]) -> None:
        """`spec` gives how the zygote for a key is started."""
        self._spec_for = spec
        self._zygotes: dict[ZygoteKey, Zygote] = {}
        self._starting: dict[ZygoteKey, asyncio.Task[Zygote]] = {}
        self._backoffs: dict[ZygoteKey, CrashLoopBackoff] = {}
        self._places: dict[asyncio.Task[None], Worker] = {}
        """Waiting for each to be empty."""

    async def warm(self, key: ZygoteKey) -> Zygote:
        """The zygote for this; started, if there is none. Raises NoZygote."""
        zygote = self._zygotes.get(key)
        if zygote is not None and zygote.is_alive:
            return zygote
        return await asyncio.shield(self._start(key))

    async def fork(self, key: ZygoteKey, spec: WorkerSpec, listen: socket.socket) -> Worker:
        """A worker forked from the zygote for this; from a new one where the old had just ended. Raises NoZygote."""
        zygote = await self.warm(key)
        try:
            return await zygote.fork(spec, listen)
        except NoZygote:
            if zygote.is_alive:
                raise
        return await (await self.warm(key)).fork(spec, listen)

    def keep(self, wanted: Iterable[ZygoteKey]) -> None:
        """Have zygotes for these, one started after the other."""
        if self._starting:
            return
        for key in wanted:
            zygote = self._zygotes.get(key)
            if (zygote is None or not zygote.is_alive) and not self._backoff(key).wait_seconds():
                self._start(key)
                return

    def all(self) -> list[Zygote]:
        """List the zygotes that are alive, the least recently used first."""
        alive = [zygote for zygote in self._zygotes.values() if zygote.is_alive]
        return sorted(alive, key=lambda zygote: zygote.last_used_at)

    def drop_unwanted(self, wanted: Collection[Lineage]) -> None:
        """End the zygotes of all other environments, projects, networks and variables, so that nobody keeps a secret that was changed."""
        for key in [key for key in self._zygotes if key.lineage not in wanted]:
            self._zygotes.pop(key).close()
            self._backoffs.pop(key, None)

    async def wait_until_gone(self, environments: Iterable[str]) -> None:
        """End the zygotes of these environments and wait for it."""
        named = set(environments)
        ending = [key for key in {**self._zygotes, **self._starting} if key.environment in named]
        await asyncio.gather(*(self._end(key) for key in ending))

    async def stop(self) -> None:
        """End all, and whatever is left in their places."""
        await asyncio.gather(*(self._end(key) for key in {**self._zygotes, **self._starting}))
        for worker in self._places.values():
            worker.clear_place()
        await asyncio.gather(*self._places)
        _helper.close()

    async def _end(self, key: ZygoteKey) -> None:
        starting = self._starting.get(key)
        if starting is not None:
            starting.cancel()
            await asyncio.wait([starting])
        zygote = self._zygotes.pop(key, None)
        if zygote is not None:
            zygote.close()
            await asyncio.shield(zygote.worker.ended)

    def _start(self, key: ZygoteKey) -> "asyncio.Task[Zygote]":
        task = self._starting.get(key)
        if task is None:
            task = self._starting[key] = asyncio.create_task(self._start_zygote(key))
            task.add_done_callback(lambda task: self._started(key, task))
        return task

    async def _start_zygote(self, key: ZygoteKey) -> Zygote:
        backoff = self._backoff(key)
        if wait := backoff.wait_seconds():
            raise NoZygote(f"{backoff.reason}; it is tried again in {wait:.1f} s")
        began = time.monotonic()
        try:
            zygote = await Zygote.start(self._spec_for(key), key.environment)
        except (NoZygote, OSError) as error:
            backoff.refused(reason=f"the zygote of its environment did not start: {error}")
            raise NoZygote(backoff.reason) from error
        self._zygotes[key] = zygote
        place = asyncio.create_task(zygote.worker.wait_until_empty())
        self._places[place] = zygote.worker
        place.add_done_callback(self._places.pop)
        fields = {"environment": key.environment, "threads": key.threads, "pid": zygote.worker.pid}
        logger.info("zygote warm", extra={**fields, "seconds": round(time.monotonic() - began, 3)})
        return zygote

    def _started(self, key: ZygoteKey, task: "asyncio.Task[Zygote]") -> None:
        self._starting.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.warning("zygote did not start", extra={"environment": key.environment, "reason": str(error)})

    def _backoff(self, key: ZygoteKey) -> CrashLoopBackoff:
        return self._backoffs.setdefault(key, CrashLoopBackoff())
