"""Processes that read data: each reads once, in a scratch folder of its own, a few at a time."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.errors import Unavailable, UnshelfError
from unshelf.contracts.protocols.data import DataAnswer, DataLimits, DataProblem
from unshelf.develop.datasets.rows_file import ROWS_FILE
from unshelf.runtime.file_lock import held_folder

SECONDS = 300.0
LIMITS = DataLimits(seconds=SECONDS, memory_bytes=512 << 20, threads=2, rows=50_000_000, output_bytes=2 << 30)
_AT_ONCE = 2
_GRACE_SECONDS = 10.0
_MOST_TRACEBACK = 10_000
_CHUNK_BYTES = 1 << 20
_WATCH_SECONDS = 0.5
_UNCAUGHT = 1
"""The exit status of Python for an exception that nobody caught."""
_PASSED_ON = frozenset({"PATH", "LANG", "PYTHONPATH", "HOME"})

logger = logging.getLogger(__name__)


class DataProblemError(UnshelfError):
    """The data can't be read."""

    def __init__(self, problem: DataProblem) -> None:
        super().__init__(problem.detail, hint=problem.hint, code=problem.code)


class ProcessKilled(DataProblemError):
    """The process was killed: by the kernel for its memory, or by somebody."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program of a process."""

    module: str
    environment: tuple[str, ...] = ()
    """Prefixes of the variables that it gets of this server's, beyond those that every program needs."""


class DataProcesses:
    """Starts processes that read data, and hands over what they found."""

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder
        self._free = threading.Semaphore(_AT_ONCE)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield an empty folder for a process, when it is its turn. Raises Unavailable when others take too long."""
        if not self._free.acquire(timeout=SECONDS):
            raise Unavailable("Other data is being read.", hint="Try again in a minute.", retry_after=60)
        try:
            with held_folder(self._folder, "data") as folder:
                yield folder
        finally:
            self._free.release()

    def ask(
        self, program: Program, order: msgspec.Struct, *, seconds: float, watch: Callable[[], None] = lambda: None
    ) -> DataAnswer:
        """Have a process carry out an order. Raises DataProblemError, and what `watch` raises, which is called now and then."""
        answer: DataAnswer = self.ask_for(program, order, DataAnswer, seconds=seconds, watch=watch)
        return answer

    def ask_for(
        self, program: Program, order: msgspec.Struct, answers: Any, *, seconds: float, watch: Callable[[], None] = lambda: None
    ) -> Any:  # fmt: skip
        """Have a process carry out an order that is answered by one of these shapes, or a DataProblem. Raises as `ask`."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in _PASSED_ON or name.startswith(program.environment)
        }
        try:
            done = _run(program.module, msgspec.json.encode(order), environment, seconds + _GRACE_SECONDS, watch)
        except subprocess.TimeoutExpired:
            detail = f"Reading took longer than {seconds:g} seconds."
            raise DataProblemError(DataProblem(code="deadline_exceeded", detail=detail)) from None
        if done.returncode == _UNCAUGHT:
            said = done.stderr[-_MOST_TRACEBACK:].decode(errors="replace")
            logger.error("a process that reads data failed", extra={"traceback": said})
            detail = "The data could not be read."
            raise DataProblemError(DataProblem(code="internal_error", detail=detail, hint="The server's log says why."))
        if done.returncode or not done.stdout:
            detail = "Reading took more memory or time than it may."
            problem = DataProblem(code="invalid_input", detail=detail, hint="Read fewer rows.")
            raise (ProcessKilled if done.returncode == -signal.SIGKILL else DataProblemError)(problem)
        answer = msgspec.json.decode(done.stdout, type=answers)
        if isinstance(answer, DataProblem):
            raise DataProblemError(answer)
        return answer


def _run(
    module: str, order: bytes, environment: dict[str, str], seconds: float, watch: Callable[[], None]
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end. Raises TimeoutExpired, and what `watch` raises; then the process is killed."""
    command, pipe = [sys.executable, "-P", "-m", module], subprocess.PIPE
    deadline = time.monotonic() + seconds
    with tempfile.TemporaryFile() as file:  # a pipe would be sent no further once `communicate` has timed out
        file.write(order)
        file.seek(0)
        with subprocess.Popen(command, stdin=file, stdout=pipe, stderr=pipe, env=environment) as process:
            try:
                while True:
                    try:
                        output, errors = process.communicate(timeout=_WATCH_SECONDS)
                        return subprocess.CompletedProcess(command, process.returncode, output, errors)
                    except subprocess.TimeoutExpired:
                        if time.monotonic() > deadline:
                            raise
                    watch()
            except BaseException:
                process.kill()
                raise


def opened_rows(scratch: Path) -> Callable[[], Iterator[bytes]]:
    """Open the rows that a process left, so that they can be read after its folder is gone; returns what yields them once."""
    file = (scratch / ROWS_FILE).open("rb")

    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk

    return chunks
