"""The host's side of relays: one a project whose versions have grants, started when it is first needed."""

import asyncio
import contextlib
import json
import logging
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

from unshelf.contracts.home import Home
from unshelf.contracts.metering.usage import Consumer
from unshelf.contracts.network.reasons import BY_POLICY, NOT_GRANTED
from unshelf.contracts.protocols.jobs import RefusedPlace
from unshelf.host.egress.plan import EgressPlan
from unshelf.host.launch.logs import WorkerLogs
from unshelf.host.launch.network.refusals import JobRefusals, Refusals
from unshelf.host.launch.scratch import Scratch
from unshelf.host.launch.spawned_process import SpawnedProcess
from unshelf.host.metering.consumers import metered_as
from unshelf.host.network_settings import AUTHORITIES, NETWORK_VARIABLES
from unshelf.host.packages.build_network import WayOut
from unshelf.host.packages.visible_paths import visible_paths
from unshelf.host.sandbox.sandbox import Sandbox
from unshelf.host.sandbox.walls import Walls, interpreter_folders

logger = logging.getLogger(__name__)

_MESSAGE_BYTES = 1 << 16
_PACKAGES = Path(str(files("unshelf"))).parent
_TEMPORARY_BYTES = 1 << 20
_PROCESSES = 64
_OUTLIVES_HOST_SECONDS = 70.0
"""As long as workers do."""
_RESTART_SECONDS = 10.0
_REST_SECONDS = 60.0
"""How long the relay of a project's jobs waits for the next one."""
_PING_SECONDS = 2.0
_MOST_UNANSWERED = 10
_LAST_WORDS_SECONDS = 2.0
_BUILD = ("", 0)
"""Stands for a build where otherwise there is a version."""
_JOBS, _JOB = "jobs of ", "job/"
"""How the relay of a project's jobs is named, and an attempt where otherwise there is a model: no name has a blank or a slash."""
_MOST_REFUSED = 64
_MOST_PLACE = 300
_RELAY_LOG = "relays.log"
"""The file with what relays print, which is nothing as long as all is well."""


Start = Callable[[socket.socket], Awaitable[tuple[SpawnedProcess, Scratch]]]
"""Starts a relay with its end of the control socket."""


class Relays:
    """Gives each sandbox its way out."""

    def __init__(
        self, home: Home, sandbox: Sandbox, policy: Sequence[str], *, ping_seconds: float = _PING_SECONDS
    ) -> None:
        """`policy`: as UNSHELF_EGRESS_ALLOW has it. `ping_seconds`: how often each relay is asked for an answer."""
        self.refusals = Refusals(WorkerLogs(home.worker_logs))
        self._of_jobs = JobRefusals()
        self._relay = partial(_Relay, ping_seconds=ping_seconds)
        self._run = home.run
        self._sandbox = sandbox
        self._begin = partial(self._start, policy=list(policy), network=os.environ)
        self._log_file = home.worker_logs / _RELAY_LOG
        self._relays: dict[str, _Relay] = {}
        self._numbers = count(1)
        self._ending: set[asyncio.Task[None]] = set()

    @contextmanager
    def way_out(self, project: str, plan: EgressPlan, model: str, version: int) -> Iterator[int]:
        """Have a project's relay serve a sandbox that is about to be made, of this version. Gives the sandbox's end of its channel,
        which is to be inherited before it closes at the end of the block."""
        relay = self._relays.get(project)
        if relay is None or relay.is_over:
            relay = self._relays[project] = self._relay(self._begin, self._heard)
        with relay.channel(next(self._numbers), plan, (model, version)) as channel:
            yield channel

    @contextmanager
    def way_out_of_job(self, project: str, plan: EgressPlan, job: str, number: int) -> Iterator[int]:
        """Have the relay of a project's jobs serve the sandbox of an attempt, as `way_out`."""
        with self.way_out(f"{_JOBS}{project}", plan, f"{_JOB}{job}", number) as channel:
            yield channel

    async def refused_to_job(self, job: str, number: int) -> list[RefusedPlace]:
        """Return what an attempt was refused whose programs have ended; waits a little for the relay's last word."""
        for relay in list(self._relays.values()):
            await relay.hear_out((f"{_JOB}{job}", number))
        asyncio.get_running_loop().call_later(_REST_SECONDS, self._rest)
        return self._of_jobs.take(job, number)

    def _rest(self) -> None:
        """End the relays of projects of which no job runs any more."""
        for project, relay in list(self._relays.items()):
            if project.startswith(_JOBS) and not relay.is_serving:
                self._relays.pop(project).close()

    @asynccontextmanager
    async def way_out_of_check(self, plan: EgressPlan, model: str) -> AsyncIterator[int]:
        """Have a relay of its own serve the check of a model until the end of the block. Gives the channel, likewise."""
        relay = self._relay(self._begin, self._heard)
        try:
            with relay.channel(next(self._numbers), plan, (model, 0)) as channel:
                yield channel
        finally:
            await relay.stop()

    @asynccontextmanager
    async def way_out_of_build(
        self, plan: EgressPlan, policy: Sequence[str], network: Mapping[str, str]
    ) -> AsyncIterator[WayOut]:
        """Have a relay of its own serve a build until the end of the block, within this policy. Nobody waits for the relay's end."""
        refused: list[str] = []

        def heard(_: tuple[str, int], said: dict[str, Any]) -> None:
            place = str(said["place"])[:_MOST_PLACE]
            if said["reason"] in (NOT_GRANTED, BY_POLICY) and place not in refused and len(refused) < _MOST_REFUSED:
                refused.append(place)

        relay, number = self._relay(partial(self._start, policy=policy, network=network), heard), next(self._numbers)
        try:
            with relay.channel(number, plan, _BUILD) as channel:
                yield WayOut(channel=channel, refused=refused)
            if refused:
                await relay.wait_until_gone(number)
        finally:
            relay.close()
            ending = asyncio.create_task(relay.stop())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    def watcher(self, project: str) -> Callable[[], bool]:
        """Return what tells whether the relay that serves a project's new sandboxes has died by then."""
        relay = self._relays.get(project)
        return lambda: relay is not None and relay.has_died

    def keep(self, projects: Collection[str]) -> None:
        """End the relays of other projects, once their sandboxes are gone; those of jobs when no job of the project runs."""
        for project, relay in list(self._relays.items()):
            if project not in projects and not (project.startswith(_JOBS) and relay.is_serving):
                self._relays.pop(project).close()

    async def stop(self) -> None:
        """End all, with whatever is connected."""
        relays = list(self._relays.values())
        self._relays.clear()
        await asyncio.gather(*(relay.stop() for relay in relays), *self._ending)

    async def _start(
        self, control: socket.socket, *, policy: Sequence[str], network: Mapping[str, str]
    ) -> tuple[SpawnedProcess, Scratch]:
        python = Path(sys.executable)
        scratch = Scratch(self._run)
        authorities = {name: value for name, value in os.environ.items() if name in AUTHORITIES}
        readable = (
            *interpreter_folders(python, self._run.parent),
            _PACKAGES,
            *visible_paths(authorities, self._run.parent),
        )
        place = self._sandbox.confine(
            Walls(
                scratch=scratch.folder,
                temporary_bytes=_TEMPORARY_BYTES,
                processes=_PROCESSES,
                readable=readable,
                outlives_host_seconds=_OUTLIVES_HOST_SECONDS,
            )
        )
        environment = {name: value for name, value in network.items() if name in NETWORK_VARIABLES}
        program: list[str | Path] = [
            python,
            "-I",
            "-m",
            "unshelf.host.egress.relay",
            str(control.fileno()),
            json.dumps(list(policy)),
        ]
        try:
            with self._log_file.open("ab") as log_file:
                process = await SpawnedProcess.start(
                    place, program, environment=environment, scratch=scratch, log_file=log_file,
                    descriptors=[control.fileno()], leaves_workers=False,
                )  # fmt: skip
        except BaseException:
            scratch.remove()
            raise
        scratch.hand_over()
        logger.info("egress relay started", extra={"pid": process.pid})
        return process, scratch

    def _heard(self, version: tuple[str, int], said: dict[str, Any]) -> None:
        name, number = version
        place, reason, count = str(said["place"]), str(said["reason"]), int(said["count"])
        if name.startswith(_JOB):
            self._of_jobs.note(name.removeprefix(_JOB), number, place, reason, count)
        else:
            self.refusals.note(name, number, place, reason, count)


class _Relay:
    """One relay process, as the host has it."""

    def __init__(
        self, start: Start, heard: Callable[[tuple[str, int], dict[str, Any]], None], *, ping_seconds: float
    ) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.setblocking(False)
        self._heard = heard
        self._versions: dict[int, tuple[str, int]] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._ours, self._hear)
        self._process: SpawnedProcess | None = None
        self.is_closed = False
        self._began = time.monotonic()
        self._died = False
        self._ping_seconds = ping_seconds
        self._unanswered = 0
        self._heard_something = asyncio.Event()
        self._loop.call_later(ping_seconds, self._ping)
        with metered_as(Consumer(kind="network")):
            self._life = asyncio.create_task(self._live(start, theirs))

    @property
    def is_over(self) -> bool:
        """Whether it serves no new sandbox."""
        return self._ours.fileno() < 0

    @property
    def is_serving(self) -> bool:
        """Whether a sandbox of it is there."""
        return bool(self._versions)

    @property
    def has_died(self) -> bool:
        """Whether it ended before its time; one that never lived counts after a while, so that nothing is restarted without end."""
        return self._died and time.monotonic() - self._began > _RESTART_SECONDS

    @contextmanager
    def channel(self, number: int, plan: EgressPlan, version: tuple[str, int]) -> Iterator[int]:
        """Hand it the channel of a new sandbox, and give the other end; it need not have started. Raises OSError when it takes no more."""
        self._versions[number] = version
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            message = json.dumps({"sandbox": number, "allow": plan.allow, "is_build": version == _BUILD}).encode()
            socket.send_fds(self._ours, [message], [ours.fileno()])
            ours.close()
            yield theirs.fileno()

    async def hear_out(self, version: tuple[str, int]) -> None:
        """Wait a little for the last word of the sandboxes of a version, or an attempt, that have ended."""
        for number in [number for number, served in self._versions.items() if served == version]:
            await self.wait_until_gone(number)

    async def wait_until_gone(self, number: int) -> None:
        """Wait a little for the last word of a sandbox that has ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                while number in self._versions and not self.is_over:
                    self._heard_something.clear()
                    await self._heard_something.wait()

    def _ping(self) -> None:
        """Ask for an answer, and kill it when none came to the last questions: a program that it serves may have found a way to stop it.
        Questions are counted, not seconds: where the whole machine slept, nobody is taken for hung."""
        if self.is_over:
            return
        if self._process is not None:
            if self._unanswered >= _MOST_UNANSWERED:
                logger.error("egress relay does not answer; it was killed", extra={"pid": self._process.pid})
                self._process.kill()
                return
            self._unanswered += 1
            with contextlib.suppress(OSError):  # it is behind
                self._ours.send(json.dumps({"ping": self._unanswered}).encode())
        self._loop.call_later(self._ping_seconds, self._ping)

    def close(self) -> None:
        """Have it end with its last sandbox."""
        self.is_closed = True
        self._hear_no_more()

    def _hear_no_more(self) -> None:
        if self.is_over:
            return
        with contextlib.suppress(OSError):
            while message := self._ours.recv(_MESSAGE_BYTES):
                self._take(message)
        self._loop.remove_reader(self._ours)
        self._ours.close()

    async def stop(self) -> None:
        """End it now."""
        self.close()
        if self._process is not None:
            self._process.kill()
        await asyncio.wait([self._life])

    async def _live(self, start: Start, theirs: socket.socket) -> None:
        scratch: Scratch | None = None
        try:
            with theirs:
                self._process, scratch = await start(theirs)
            status = await self._process.wait()
            if not self.is_closed:
                self._died = True
                logger.warning("egress relay ended", extra={"pid": self._process.pid, "status": status})
        except Exception as error:  # no user or no memory is left: programs find nobody on the other side
            self._died = True
            logger.warning("egress relay did not start", extra={"reason": str(error)})
        finally:
            self._hear_no_more()
            if scratch is not None:
                await asyncio.to_thread(scratch.remove)

    def _hear(self) -> None:
        try:
            message = self._ours.recv(_MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if message:
            self._take(message)
        else:
            self._hear_no_more()

    def _take(self, message: bytes) -> None:
        self._heard_something.set()
        with contextlib.suppress(ValueError, KeyError, TypeError):  # it has read what strangers sent
            for said in json.loads(message):
                if "pong" in said:
                    self._unanswered = 0
                elif said.get("gone"):
                    self._versions.pop(said["sandbox"], None)
                elif (version := self._versions.get(said["sandbox"])) is not None:
                    self._heard(version, said)
