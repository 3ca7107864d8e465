"""Worker processes: how one is started in its own environment, heard, and ended with everything it started."""

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from unshelf.contracts.protocols.worker import LimitGroup, WorkerConfig, WorkerReport, ZygoteConfig, read_report
from unshelf.host.egress.plan import EgressPlan
from unshelf.host.launch.pipes import connected
from unshelf.host.launch.scratch import Scratch
from unshelf.host.launch.spawned_process import SpawnedProcess
from unshelf.host.machine.gpus import VISIBLE, gpu_devices
from unshelf.host.network_settings import AUTHORITIES, NETWORK_VARIABLES, PROXY_VARIABLES, without_credentials
from unshelf.host.packages.visible_paths import visible_paths
from unshelf.host.sandbox.files import is_readable, make_readable
from unshelf.host.sandbox.sandbox import NO_SANDBOX, Confined, Sandbox
from unshelf.host.sandbox.walls import LEAST_TEMPORARY_BYTES, Network, Walls, interpreter_folders
from unshelf.runtime.file_watch import wait_for

logger = logging.getLogger(__name__)

WORKER_MAIN = Path(str(files("unshelf"))) / "worker" / "__main__.py"
_MAX_REPORT_BYTES = 64 << 20
_LAST_REPORT_SECONDS = 1.0
_OUTLIVES_HOST_SECONDS = 70.0
"""Later than a worker ends itself (see worker/process/lifeline.py): for one that can't, or does not want to."""
_CHECK_OUTLIVES_HOST_SECONDS = 5.0
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS", "LOKY_MAX_CPU_COUNT",
)  # fmt: skip
_PASSED_ON = frozenset({"PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH"}) | NETWORK_VARIABLES
_NUMERIC_LIBRARIES = ("OPENBLAS_", "MKL_", "ONEDNN_", "NPY_", "ATEN_")
"""Settings of the libraries that compute, such as `OPENBLAS_CORETYPE`: with others a model answers with other last bits than where it
was made."""
_PASSED_ON_PREFIXES = ("LC_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "ONEAPI_", *_NUMERIC_LIBRARIES)


def worker_environment(
    environment: Mapping[str, str], *, python: Path, scratch: Path, threads: int, gpus: Sequence[str] = ()
) -> dict[str, str]:
    """Choose the environment variables that a worker may see: nothing secret, nothing of ours; threads are as its tier says, and it
    sees the GPUs that are its own."""
    passed = {
        name: value
        for name, value in without_credentials(environment).items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    passed["PATH"] = f"{python.parent}:{passed.get('PATH', os.defpath)}"
    own = {"HOME": str(scratch), "TMPDIR": str(scratch), VISIBLE: ",".join(gpus)}
    return passed | dict.fromkeys(THREADS, str(threads)) | own


@dataclass(frozen=True, kw_only=True)
class WorkerSpec:
    """Program, configuration and surroundings that a worker is started with."""

    mode: Literal["serve", "check", "zygote"]
    python: Path
    config: WorkerConfig | ZygoteConfig
    log_file: Path
    run: Path
    """Where its scratch folder is made."""
    threads: int
    """How many it may start for one computation."""
    gpus: tuple[str, ...] = ()
    """The GPUs that it sees."""
    main: Path = WORKER_MAIN
    modules: tuple[str, ...] = ()
    """Modules that a zygote imports before it forks this worker."""
    sandbox: Sandbox = NO_SANDBOX
    temporary_bytes: int = LEAST_TEMPORARY_BYTES
    """The size of its temporary folder, in a sandbox."""
    processes: int = 0
    """How many processes and threads it may have, in a sandbox; 0: as many as the system lets."""
    network: Network = "full"
    """The network that it has, in a sandbox."""
    egress: EgressPlan | None = None
    """The places in its network that stand for those that it may reach outside."""
    channel: int = -1
    """The descriptor on which its network's listening sockets are sent to a relay; a zygote has none."""

    @property
    def groups(self) -> list[LimitGroup]:
        """The control groups that it is to be in."""
        return self.config.limits.groups if isinstance(self.config, WorkerConfig) else []


class ProcessStream(Protocol):
    """Where a worker's lifeline is written to; written bytes wait in our memory until it reads them."""

    def write(self, data: bytes, /) -> None:
        """Have these bytes written."""

    def close(self) -> None:
        """Close it once they are."""


class Process(Protocol):
    """A process behind a worker: one that we started, or one that a zygote forked."""

    @property
    def pid(self) -> int:
        """The worker's process id, as we see it."""

    @property
    def place(self) -> Confined:
        """Where it runs."""

    @property
    def joined(self) -> Collection[str]:
        """The files of control groups that it was moved into."""

    @property
    def stdin(self) -> ProcessStream | None:
        """Our end of its lifeline."""

    def ask_to_end(self) -> None:
        """Send SIGTERM. Raises ProcessLookupError when it is gone."""

    def kill(self) -> None:
        """Kill it and its process group. One that is gone is no error."""

    async def wait(self) -> int:
        """Wait for the end and return the exit status."""

    def clear_place(self) -> None:
        """Kill all that is in its place. One that is empty is no error."""

    async def wait_until_empty(self) -> None:
        """Wait until nothing is left in its place."""


Begin = Callable[[Scratch, int], Awaitable[Process]]
"""Begins a process with this scratch folder and this descriptor to report on."""


class Worker:
    """One running worker process. Made by `start`; `ended` completes when it and its whole process group are gone."""

    def __init__(
        self,
        process: Process,
        pipe: "_ReportPipe",
        scratch: Scratch,
    ) -> None:
        self._process = process
        self._pipe = pipe
        self._scratch = scratch
        self.pid = process.pid
        self.place = process.place
        """Where it runs; a zygote's place is that of the workers that it forks, too."""
        self.ended: asyncio.Task[int] = asyncio.create_task(self._see_it_end())

    @classmethod
    async def start(cls, spec: WorkerSpec, *, listen: socket.socket | None = None) -> "Worker":
        """Start a worker from nothing; `listen` is the bound socket on which it is to serve (for a zygote: on which it is
        asked), which stays the caller's to close."""
        return await cls.begin(spec, lambda scratch, report: _start_process(spec, scratch, listen, report))

    @classmethod
    async def begin(cls, spec: WorkerSpec, begin: Begin) -> "Worker":
        """A worker around the process that `begin` begins."""
        if spec.sandbox.kind == "namespaces":
            await _let_programs_read(spec)
        scratch = Scratch(spec.run)
        try:
            pipe, worker_end = await _open_report_pipe()
            try:
                process = await begin(scratch, worker_end)
            except BaseException:
                pipe.transport.close()
                raise
            finally:
                os.close(worker_end)
        except BaseException:
            scratch.remove()
            raise
        scratch.hand_over()
        worker = cls(process, pipe, scratch)
        worker._configure(spec.config)
        return worker

    def _configure(self, config: WorkerConfig | ZygoteConfig) -> None:
        if isinstance(config, WorkerConfig) and not config.replica:
            config = msgspec.structs.replace(config, replica=str(self.pid))
        if self.place.walled and isinstance(config, WorkerConfig):
            groups = [
                msgspec.structs.replace(group, joined=True)
                for group in config.limits.groups
                if group.file in self._process.joined
            ]
            limits = msgspec.structs.replace(config.limits, groups=groups)
            bundle = str(self.place.seen(Path(config.bundle)))
            config = msgspec.structs.replace(config, bundle=bundle, limits=limits)
        assert self._process.stdin is not None  # noqa: S101 - stdin=PIPE
        # Not drained: it waits in our memory until the worker reads it. The pipe stays open: it is the worker's lifeline.
        with contextlib.suppress(
            RuntimeError
        ):  # uvloop's word for a pipe whose reader ended at once, which `ended` tells
            self._process.stdin.write(msgspec.json.encode(config) + b"\n")

    async def reports(self) -> AsyncIterator[WorkerReport]:
        """Yield the worker's reports until it closes its end. What is no report is passed over: the model's code shares the
        process and may write anything."""
        while True:
            try:
                line = await self._pipe.reader.readline()
            except ValueError:
                logger.warning("worker report too long", extra={"pid": self.pid})
                continue
            if not line:
                return
            try:
                report = read_report(json.loads(line))
            except ValueError as error:  # of JSON, and msgspec's
                logger.warning("worker report not understood", extra={"pid": self.pid, "reason": str(error)})
                continue
            yield report

    def ask_to_end(self) -> None:
        """SIGTERM: finish what was received, then end."""
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):
                self._process.ask_to_end()

    def kill(self) -> None:
        """End it and all it started, at once."""
        if not self.ended.done():
            self._process.kill()

    async def stop(self, *, patience: float) -> int:
        """Ask for its end, wait `patience` seconds, then kill; returns its exit status."""
        self.ask_to_end()
        await asyncio.wait([self.ended], timeout=patience)
        self.kill()
        return await asyncio.shield(self.ended)

    def clear_place(self) -> None:
        """Kill all that is in its place: what a zygote forked, too, and what that started."""
        self._process.clear_place()

    async def wait_until_empty(self) -> None:
        """Wait until nothing is left in its place; a zygote's forked workers are in it too."""
        await self._process.wait_until_empty()

    async def _see_it_end(self) -> int:
        status = await self._process.wait()
        self._process.kill()
        # A grandchild that left the group may hold the pipe open; what the worker itself said is there by then.
        await wait_for(self._pipe.at_end, _LAST_REPORT_SECONDS)
        self._pipe.transport.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await asyncio.to_thread(self._scratch.remove)
        return status


class _ReportPipe(asyncio.StreamReaderProtocol):
    """Our end of the pipe on which a worker reports."""

    transport: asyncio.ReadTransport

    def __init__(self) -> None:
        self.reader = asyncio.StreamReader(limit=_MAX_REPORT_BYTES)
        self.at_end = asyncio.Event()
        super().__init__(self.reader)

    def eof_received(self) -> bool:
        super().eof_received()
        self.at_end.set()
        return False  # close: a pipe at its end has nothing more to say


async def _open_report_pipe() -> tuple[_ReportPipe, int]:
    """Our end of a new report pipe, and the worker's."""
    report_end, worker_end = os.pipe()
    file = os.fdopen(report_end, "rb", buffering=0)
    try:
        transport, pipe = await connected(asyncio.get_running_loop().connect_read_pipe(_ReportPipe, file))
    except BaseException:
        os.close(worker_end)
        raise
    pipe.transport = transport
    return pipe, worker_end


async def _let_programs_read(spec: WorkerSpec) -> None:
    """Open folders of ours that an earlier release kept for the platform's user alone."""
    bundle = [Path(spec.config.bundle)] if isinstance(spec.config, WorkerConfig) else []
    for folder in (spec.python.parent.parent, *bundle):
        if folder.is_relative_to(spec.run.parent) and not is_readable(folder):
            await asyncio.to_thread(make_readable, folder)


async def _start_process(spec: WorkerSpec, scratch: Scratch, listen: socket.socket | None, report_fd: int) -> Process:
    arguments = ["--report-fd", str(report_fd)]
    descriptors = [report_fd]
    if spec.mode == "zygote":
        # It reports on its control socket; a report pipe would stay open in all its children.
        arguments, descriptors = [], []
    if listen is not None:
        name = "--control-fd" if spec.mode == "zygote" else "--listen-fd"
        arguments = [name, str(listen.fileno()), *arguments]
        descriptors.append(listen.fileno())
    place = spec.sandbox.confine(_walls(spec, scratch.folder))
    environment = worker_environment(
        os.environ, python=spec.python, scratch=place.scratch, threads=spec.threads, gpus=spec.gpus
    )
    if place.walled and spec.network == "none":  # the server's proxies can't be reached
        environment = {name: value for name, value in environment.items() if name not in PROXY_VARIABLES}
        environment |= spec.egress.variables() if spec.egress is not None else {}
    with spec.log_file.open("ab") as log_file:
        return await SpawnedProcess.start(
            place, [spec.python, "-I", spec.main, spec.mode, *arguments],
            environment=environment, scratch=scratch, log_file=log_file, descriptors=descriptors,
            leaves_workers=spec.mode == "zygote", channel=spec.channel if place.walled else -1,
        )  # fmt: skip


def _walls(spec: WorkerSpec, scratch: Path) -> Walls:
    bundle = Path(spec.config.bundle) if isinstance(spec.config, WorkerConfig) else None
    authorities = {name: value for name, value in os.environ.items() if name in AUTHORITIES}
    return Walls(
        scratch=scratch,
        temporary_bytes=spec.temporary_bytes,
        processes=spec.processes,
        network=spec.network,
        hosts=spec.egress.hosts if spec.egress is not None else {},
        addresses=spec.egress.addresses if spec.egress is not None else (),
        listeners=spec.egress.listeners if spec.egress is not None else (),
        bundle=bundle,
        readable=(
            *interpreter_folders(spec.python, spec.run.parent),
            spec.main.parent,
            *visible_paths(authorities, spec.run.parent),
        ),
        devices=gpu_devices() if spec.gpus else (),
        groups=[group.file for group in spec.groups],
        forks_workers=spec.mode == "zygote",
        outlives_host_seconds=_CHECK_OUTLIVES_HOST_SECONDS if spec.mode == "check" else _OUTLIVES_HOST_SECONDS,
    )
