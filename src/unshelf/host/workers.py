"""Worker processes: how one is started in its own environment, heard, and ended with everything it started."""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Protocol

from unshelf.contracts.watching import set_within
from unshelf.host.gpus import VISIBLE
from unshelf.host.pipes import connected
from unshelf.host.subprocesses import kill_group, start_program

log = logging.getLogger(__name__)

WORKER_MAIN = Path(str(files("unshelf"))) / "worker" / "__main__.py"
SCRATCH = "scratch-"
"""How the name of a worker's scratch folder begins."""

_MAX_REPORT_BYTES = 64 << 20
_LAST_REPORT_SECONDS = 1.0
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS", "LOKY_MAX_CPU_COUNT",
)  # fmt: skip
_PASSED_ON = frozenset({"PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH"})
_PASSED_ON_PREFIXES = ("LC_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "ONEAPI_")


def worker_environment(
    environment: Mapping[str, str], *, python: Path, scratch: Path, threads: int, gpus: Sequence[str] = ()
) -> dict[str, str]:
    """What a worker may see of our environment variables: nothing secret, nothing of ours; threads are as its tier says, and it
    sees the GPUs that are its own."""
    passed = {
        name: value for name, value in environment.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    passed["PATH"] = f"{python.parent}:{passed.get('PATH', os.defpath)}"
    own = {"HOME": str(scratch), "TMPDIR": str(scratch), VISIBLE: ",".join(gpus)}
    return passed | dict.fromkeys(THREADS, str(threads)) | own


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What a worker is started with."""

    mode: Literal["serve", "check", "zygote"]
    python: Path
    spec: dict[str, Any]
    log_file: Path
    run: Path
    """Where its scratch folder is made."""
    threads: int
    """How many it may start for one computation."""
    gpus: tuple[str, ...] = ()
    """Those that it sees."""
    main: Path = WORKER_MAIN
    modules: tuple[str, ...] = ()
    """What a zygote imports before it forks this one."""


class Stream(Protocol):
    """Where a worker's lifeline is written to; written bytes wait in our memory until it reads them."""

    def write(self, data: bytes, /) -> None:
        """Have these bytes written."""

    def close(self) -> None:
        """Close it once they are."""


class Process(Protocol):
    """A process behind a worker: a child of ours, or one that a zygote forked."""

    @property
    def pid(self) -> int:
        """Its id, and that of the process group that it leads."""

    @property
    def stdin(self) -> Stream | None:
        """Our end of its lifeline."""

    def send_signal(self, number: int, /) -> None:
        """Send a signal. Raises ProcessLookupError when it is gone."""

    async def wait(self) -> int:
        """Its exit status, once it is gone."""


Begin = Callable[[Path, int], Awaitable[Process]]
"""Begins a process with this scratch folder and this descriptor to report on."""


class Worker:
    """One running worker process. Made by `start`; `ended` completes when it and its whole process group are gone."""

    def __init__(
        self,
        process: Process,
        pipe: "_ReportPipe",
        scratch: Path,
    ) -> None:
        self._process = process
        self._pipe = pipe
        self._scratch = scratch
        self.pid = process.pid
        self.ended: asyncio.Task[int] = asyncio.create_task(self._see_it_end())

    @classmethod
    async def start(cls, launch: Launch, *, listen: socket.socket | None = None) -> "Worker":
        """Start a worker from nothing; `listen` is the bound socket on which it is to serve (for a zygote: on which it is
        asked), which stays the caller's to close."""
        return await cls.begin(launch, lambda scratch, report: _start_process(launch, scratch, listen, report))

    @classmethod
    async def begin(cls, launch: Launch, begin: Begin) -> "Worker":
        """A worker around the process that `begin` begins."""
        scratch = launch.run / f"{SCRATCH}{secrets.token_hex(4)}"
        scratch.mkdir(mode=0o700)
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
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        worker = cls(process, pipe, scratch)
        worker._tell(launch.spec)
        return worker

    def _tell(self, spec: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # noqa: S101 - stdin=PIPE
        # Not drained: it waits in our memory until the worker reads it. The pipe stays open: it is the worker's lifeline.
        self._process.stdin.write(json.dumps(spec, separators=(",", ":")).encode() + b"\n")

    async def reports(self) -> AsyncIterator[dict[str, Any]]:
        """What the worker says, one object at a time, until it closes its end. What is no JSON object is passed over:
        the model's code shares the process and may write anything."""
        while True:
            try:
                line = await self._pipe.reader.readline()
            except ValueError:
                log.warning("worker report too long", extra={"pid": self.pid})
                continue
            if not line:
                return
            with contextlib.suppress(ValueError):
                report = json.loads(line)
                if isinstance(report, dict):
                    yield report

    def ask_to_end(self) -> None:
        """SIGTERM: finish what was received, then end."""
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and all it started, at once."""
        if not self.ended.done():
            kill_group(self.pid)

    async def stop(self, *, patience: float) -> int:
        """Ask for its end, wait `patience` seconds, then kill; returns its exit status."""
        self.ask_to_end()
        await asyncio.wait([self.ended], timeout=patience)
        self.kill()
        return await asyncio.shield(self.ended)

    async def _see_it_end(self) -> int:
        status = await self._process.wait()
        kill_group(self.pid)
        # A grandchild that left the group may hold the pipe open; what the worker itself said is there by then.
        await set_within(self._pipe.at_end, _LAST_REPORT_SECONDS)
        self._pipe.transport.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)
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


async def _start_process(
    launch: Launch, scratch: Path, listen: socket.socket | None, report_fd: int
) -> asyncio.subprocess.Process:
    arguments = ["--report-fd", str(report_fd)]
    descriptors = [report_fd]
    if launch.mode == "zygote":
        # It reports on its control socket; a report pipe would stay open in all its children.
        arguments, descriptors = [], []
    if listen is not None:
        name = "--control-fd" if launch.mode == "zygote" else "--listen-fd"
        arguments = [name, str(listen.fileno()), *arguments]
        descriptors.append(listen.fileno())
    with launch.log_file.open("ab") as log_file:
        return await start_program(
            [launch.python, "-I", launch.main, launch.mode, *arguments],
            environment=worker_environment(
                os.environ, python=launch.python, scratch=scratch, threads=launch.threads, gpus=launch.gpus
            ),
            folder=scratch,
            output=log_file,
            errors=log_file,
            descriptors=descriptors,
        )
