"""All attempts of this host: started, adopted from the host before it, watched, and stored when they end."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from unshelf.contracts.bundle import tree_digest
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.home import Home
from unshelf.contracts.metering.usage import Consumer
from unshelf.contracts.protocols.jobs import AttemptEnd, AttemptOrder, AttemptOutcome, AttemptUsage, JobAttempt
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.errors import HostFailure
from unshelf.host.jobs.attempt_folder import AttemptFolder, RunnerOutcome, all_folders, remove_job, remove_leftovers
from unshelf.host.jobs.file_trees import FileTrees
from unshelf.host.jobs.leftovers import store_leftovers
from unshelf.host.jobs.program import GRACE_SECONDS, RUNNERS, Surroundings, confine, start_runner
from unshelf.host.jobs.runner_process import RunnerProcess
from unshelf.host.launch.network.networks import network_of_job
from unshelf.host.launch.network.relays import Relays
from unshelf.host.launch.tiers import ResourceLimits, Tiers
from unshelf.host.metering.consumers import Hold, consumers, metered_as
from unshelf.host.sandbox.files import is_readable, make_readable
from unshelf.host.sandbox.sandbox import Confined, Sandbox
from unshelf.runtime.blobs.port import Blobs
from unshelf.runtime.file_watch import wait_for

logger = logging.getLogger(__name__)

Key = tuple[str, int]
_MEASURE_SECONDS = 1.0
_QUIET_SECONDS = 5.0
"""How often one who watches hears that there is nothing: often enough to know that the host lives."""
_STORE_AGAIN_SECONDS = 5.0
_LOOK_SECONDS = 0.1
_SWEEP_SECONDS = 300.0


class _Running:
    """An attempt that has a runner, or had one."""

    def __init__(self, folder: AttemptFolder, trees: Sequence[str]) -> None:
        self.folder = folder
        self.trees = trees
        """The digests of the trees that it reads."""
        self.runner: RunnerProcess | None = None
        self.place: Confined | None = None
        self.limits: ResourceLimits | None = None
        self.hold: Hold | None = None
        """The resources that it holds where an earlier host began it."""
        self.gpus: tuple[str, ...] = ()
        """The GPUs that an earlier host lent it."""
        self.outcome: AttemptOutcome | None = folder.stored()
        self.usage: AttemptUsage | None = None
        self.over = asyncio.Event()
        if self.outcome is not None:
            self.over.set()

    def shown(self) -> JobAttempt:
        return JobAttempt(job=self.folder.job, number=self.folder.number, usage=self.usage, outcome=self.outcome)


class AttemptKeeper:
    """Starts attempts and knows how each is doing. What it knows is in their folders, so nothing is lost with it."""

    def __init__(
        self,
        home: Home,
        blobs: Blobs,
        environments: EnvironmentStore,
        tiers: Tiers,
        sandbox: Sandbox,
        *,
        relays: Relays,
        remake: Callable[[str], Awaitable[None]],
    ) -> None:
        """`remake` makes an environment again that can't be used as it lies there."""
        self._remake = remake
        self._home = home
        self._blobs = blobs
        self._trees = FileTrees(home, blobs)
        self._environments = environments
        self._tiers = tiers
        self._sandbox = sandbox
        self._relays = relays
        self._known: dict[Key, _Running] = {}
        self._starting: dict[Key, asyncio.Task[None]] = {}
        self._following: set[asyncio.Task[None]] = set()
        self._watchers: set[_Watcher] = set()
        self._is_stopping = False
        self._sweeping: asyncio.Task[None] | None = None

    def adopt(self) -> None:
        """Take on the attempts of the host before this one; those that never began are forgotten, for control to ask again."""
        for folder in list(all_folders(self._home)):
            order, start = folder.order(), folder.start()
            if order is None or (start is None and not folder.has_runner()):
                folder.remove()
                continue
            running = _Running(folder, _trees_of(order))
            self._known[folder.job, folder.number] = running
            if running.outcome is None:
                running.runner = RunnerProcess(folder)
                running.gpus = self._tiers.gpus.keep(folder.gpus())
                with metered_as(_consumer_of(order)):
                    running.hold = consumers.hold(len(running.gpus))
                    if start is not None:
                        consumers.started(start.pid, own=RUNNERS, below=_consumer_of(order))
                self._follow(running)
        remove_leftovers(self._home)
        self._sweeping = asyncio.create_task(self._sweep())
        if self._known:
            logger.info("attempts adopted", extra={"attempts": len(self._known)})

    async def start(self, order: AttemptOrder) -> None:
        """Begin an attempt, unless that was done before. Raises HostFailure; then nothing of it is left.

        Who asks may hang up: what was begun goes on."""
        key = (order.job, order.number)
        if key in self._known:
            return
        if self._is_stopping:
            raise HostFailure("unavailable", "the server is being stopped", retry_after=5.0)
        if key not in self._starting:
            task = self._starting[key] = asyncio.create_task(self._start(order))
            task.add_done_callback(lambda _: self._starting.pop(key, None))
        await asyncio.shield(self._starting[key])

    def cancel(self, job: str, number: int, why: AttemptEnd = "cancelled") -> None:
        """Have an attempt end. One that is over or unknown is no error."""
        running = self._known.get((job, number))
        if running is None or running.outcome is not None:
            return
        running.folder.note_ending(why)
        if running.runner is not None:
            running.runner.ask_to_end()

    async def watch(self) -> AsyncIterator[list[JobAttempt]]:
        """Yield all attempts, then those that changed or were measured again, as it happens."""
        watcher = _Watcher(set(self._known))
        self._watchers.add(watcher)
        try:
            while True:
                changed = [self._known[key].shown() for key in watcher.take() if key in self._known]
                yield changed
                at_work = any(running.outcome is None for running in self._known.values())
                await wait_for(watcher.woken, _MEASURE_SECONDS if at_work else _QUIET_SECONDS)
                self._measure()
        finally:
            self._watchers.discard(watcher)

    async def output(self, job: str, number: int, offset: int, most: int, wait: float) -> tuple[bytes, bool]:
        """Return what an attempt printed from a byte on, and whether that is the end. Raises HostFailure (`not_found`)."""
        running = self._known.get((job, number))
        if running is None:
            raise HostFailure("not_found", f"the attempt {number} of job {job} is not here")
        until = asyncio.get_running_loop().time() + wait
        while True:
            is_over = running.over.is_set()
            data = await asyncio.to_thread(_read, running.folder.output, offset, most)
            if data or is_over:
                return data, is_over and len(data) < most
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                return b"", False
            await wait_for(running.over, min(_LOOK_SECONDS, left))

    async def forget(self, attempts: Sequence[Key], jobs: Sequence[str]) -> None:
        """Remove the folders of ended attempts, and all that is left of jobs."""
        ended = [known for key in attempts if (known := self._known.get(key)) is not None and known.outcome is not None]
        for running in ended:
            del self._known[running.folder.job, running.folder.number]
        over = {AttemptFolder(self._home, job, 1).job for job in jobs} - {job for job, _ in self._known}
        for job in over:
            await asyncio.to_thread(remove_job, self._home, job)
        for folder in (running.folder for running in ended if running.folder.job not in over):
            await asyncio.to_thread(folder.remove)
            if not any(known == folder.job for known, _ in [*self._known, *self._starting]):
                folder.remove_empty_checkpoint()

    async def end(self, *, asked: bool) -> None:
        """Stop where that is asked for; where the supervisor is gone, or this host fails, leave: the next one goes on with all attempts."""
        await (self.stop() if asked else self.leave())

    async def stop(self) -> None:
        """End all attempts, as `interrupted`, and keep what they left; what can't be stored now is stored by the next host."""
        self._is_stopping = True
        await asyncio.gather(*self._starting.values(), return_exceptions=True)
        running = [each for each in self._known.values() if each.outcome is None]
        for each in running:
            self.cancel(each.folder.job, each.folder.number, "interrupted")
        if running:
            over = asyncio.gather(*(each.over.wait() for each in running))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over, GRACE_SECONDS + 2 * _STORE_AGAIN_SECONDS)
        await self.leave()

    async def leave(self) -> None:
        """Let all attempts go on without this host."""
        self._is_stopping = True
        tasks = [*self._following, *([self._sweeping] if self._sweeping is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _start(self, order: AttemptOrder) -> None:
        with metered_as(_consumer_of(order)):
            await self._start_metered(order)

    async def _start_metered(self, order: AttemptOrder) -> None:
        folder = AttemptFolder(self._home, order.job, order.number)
        if not self._environments.is_complete(order.environment):
            if self._environments.kept_lock(order.environment) is None:
                raise HostFailure(
                    "conflict", f"the environment {order.environment[:12]} is not here", hint="Have it built again."
                )
            await self._remake(order.environment)
        self._tiers.find(order.tier)
        async with self._environments.holds.hold(order.environment):
            code = await self._trees.lay_out(order.code)
            inputs = {
                each.variable: _path_of(await self._trees.lay_out(each.files), each.files) for each in order.inputs
            }
            python = self._environments.python(order.environment)
            environment = python.parent.parent
            if not is_readable(environment):
                await asyncio.to_thread(make_readable, environment)
            limits = await self._tiers.confine(order.tier, low_cpu_weight=True)
            network, egress = network_of_job(order.network.kind("none"), order.network.allow, self._sandbox)
            given = Surroundings(
                home=self._home.folder, python=python, code=code, inputs=inputs, limits=limits, network=network, egress=egress
            )  # fmt: skip
            running = _Running(folder, _trees_of(order))
            running.limits = limits
            try:
                with self._way_out(order, given) as connected:
                    await asyncio.to_thread(self._begin, order, running, connected)
            except BaseException:
                limits.release()
                raise
        self._known[order.job, order.number] = running
        self._changed(running)
        self._follow(running)

    @contextlib.contextmanager
    def _way_out(self, order: AttemptOrder, given: Surroundings) -> Iterator[Surroundings]:
        """Give the surroundings with the channel to the relay of the project's jobs, where a program has grants."""
        if given.egress is None:
            yield given
            return
        try:
            with self._relays.way_out_of_job(order.project, given.egress, order.job, order.number) as channel:
                yield replace(given, channel=channel)
        except OSError as error:
            raise HostFailure("unavailable", f"its network can't be made: {error}", retry_after=5.0) from error

    def _begin(self, order: AttemptOrder, running: _Running, given: Surroundings) -> None:
        """Claim the folder and start the runner, in a thread. Leaves nothing where it can't."""
        folder = running.folder
        folder.make(order, () if running.limits is None else running.limits.gpus)
        lock = folder.lock()
        try:
            running.place = confine(folder, self._sandbox, given)
            runner = RunnerProcess(folder, start_runner(order, folder, running.place, given, lock))
        except BaseException as error:
            if running.place is not None:
                running.place.release()
            folder.remove()
            if isinstance(error, OSError):
                raise HostFailure("unavailable", f"the program can't be started: {error}", retry_after=5.0) from error
            raise
        finally:
            os.close(lock)
        running.runner = runner
        runner.wait_for_start()

    def _follow(self, running: _Running) -> None:
        task = asyncio.create_task(self._see_to_the_end(running))
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def _see_to_the_end(self, running: _Running) -> None:
        """Wait for the runner's end, store what the attempt left, and say so."""
        folder = running.folder
        assert running.runner is not None  # noqa: S101 - who follows has set it
        await running.runner.wait()
        if running.hold is not None:
            consumers.end(running.hold)
            self._tiers.gpus.give_back(running.gpus)
        if running.limits is not None:
            running.limits.release()
        if running.place is not None:
            running.place.release()
        else:
            self._tiers.sweep()
        ended = folder.ended() or _lost(folder)
        refused = await self._relays.refused_to_job(folder.job, folder.number)
        while running.outcome is None:
            try:
                left = await asyncio.to_thread(store_leftovers, folder, ended, self._blobs)
                running.outcome = msgspec.structs.replace(left, refused=refused)
                await asyncio.to_thread(folder.store, running.outcome)
            except (Unavailable, OSError) as error:
                running.outcome = None
                logger.warning(
                    "what an attempt left can't be stored", extra={"attempt": str(folder), "reason": str(error)}
                )
                await asyncio.sleep(_STORE_AGAIN_SECONDS)
        running.over.set()
        self._changed(running)

    async def _sweep(self) -> None:
        """Remove trees that nothing needs, again and again."""
        while True:
            used = {digest for running in self._known.values() for digest in running.trees}
            await asyncio.to_thread(self._trees.sweep, used)
            await asyncio.sleep(_SWEEP_SECONDS)

    def _measure(self) -> None:
        for running in self._known.values():
            if running.outcome is None:
                usage = running.folder.usage()
                if usage is not None and usage != running.usage:
                    running.usage = usage
                    self._changed(running, is_urgent=False)

    def _changed(self, running: _Running, *, is_urgent: bool = True) -> None:
        for watcher in self._watchers:
            watcher.note((running.folder.job, running.folder.number), is_urgent=is_urgent)


class _Watcher:
    """One who watches, and the changes that it has not seen yet."""

    def __init__(self, keys: set[Key]) -> None:
        self._changed = dict.fromkeys(keys)
        self.woken = asyncio.Event()

    def note(self, key: Key, *, is_urgent: bool) -> None:
        self._changed[key] = None
        if is_urgent:
            self.woken.set()

    def take(self) -> list[Key]:
        self.woken.clear()
        keys = list(self._changed)
        self._changed.clear()
        return keys


def _consumer_of(order: AttemptOrder) -> Consumer:
    return Consumer(
        kind=order.use, project=order.project, model=order.model, job=order.job, number=order.number, tier=order.tier
    )


def _trees_of(order: AttemptOrder) -> list[str]:
    return [tree_digest(order.code), *(tree_digest(each.files) for each in order.inputs)]


def _path_of(folder: Path, files: Sequence[object]) -> Path:
    """The file, where there is one, else the folder."""
    found = [path for path in folder.rglob("*") if path.is_file()] if len(files) == 1 else []
    return found[0] if found else folder


def _lost(folder: AttemptFolder) -> RunnerOutcome:
    """The outcome of an attempt whose runner was killed, and its program with it."""
    start, usage = folder.start(), folder.usage()
    began = start.started_at if start is not None else folder.path.stat().st_mtime
    ended = usage.at if usage is not None else began
    return RunnerOutcome(
        how="lost", status=None, detail="What kept the program was killed, and the program with it.", started_at=began,
        ended_at=ended, cpu_seconds=usage.cpu_seconds if usage is not None else 0.0,
        peak_memory_bytes=usage.memory_bytes if usage is not None else 0,
    )  # fmt: skip


def _read(path: Path, offset: int, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(most)
    except FileNotFoundError:
        return b""
