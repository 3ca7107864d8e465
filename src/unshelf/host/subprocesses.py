"""Programs that run to their end, each in its own process group, of which nothing is left when the caller gives up."""

import asyncio
import contextlib
import os
import resource
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from unshelf.host.metering.consumers import consumers
from unshelf.host.program_output import MOST_SHOWN, BoundedOutput

LOST_STATUS = -(1 << 16)
"""The status of a process whose exit status nobody received."""
_LAST_WORDS_SECONDS = 2.0
_CHUNK = 64 << 10


@dataclass(frozen=True, kw_only=True)
class CompletedProgram:
    """How a program ended."""

    status: int
    output: str
    errors: str
    complete: bool = True
    """Whether `output` is everything that it printed there."""


@dataclass(frozen=True, kw_only=True)
class ProgramLimits:
    """Bounds of a program and of all that it starts."""

    memory_bytes: int | None = None
    """Private memory of each of its processes, and of all together where there is a group for that."""
    groups: tuple[str, ...] = ()
    """Files of control groups that it writes itself into before it begins."""

    def apply(self) -> None:
        """Take them on, in the new process before the program begins."""
        for group in self.groups:
            with contextlib.suppress(OSError):  # gone, or not ours: the limit below holds all the same
                Path(group).write_text("0")
        if self.memory_bytes is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (self.memory_bytes, self.memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


async def run_program(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    folder: Path,
    text: str = "",
    most_output: int = MOST_SHOWN,
    limits: ProgramLimits | None = None,
    descriptors: Sequence[int] = (),
    started: Callable[[int], None] = lambda _: None,
) -> CompletedProgram:
    """Run a program with `text` as its standard input and these descriptors open; being cancelled kills it and everything it started.
    `started` hears its process id.

    Of what it prints, the beginning and the end are kept: `most_output` bytes of its standard output, MOST_SHOWN of its errors."""
    # A file and not a pipe: a program that ends before it has read its input is no fault of the writer.
    with tempfile.TemporaryFile() as words:
        words.write(text.encode())
        words.seek(0)
        process = await start_program(
            arguments,
            environment=environment,
            folder=folder,
            words=words,
            output=asyncio.subprocess.PIPE,
            errors=asyncio.subprocess.PIPE,
            descriptors=descriptors,
            limits=limits,
        )
    started(process.pid)
    output, errors = BoundedOutput(most_output), BoundedOutput()
    listening = asyncio.create_task(_listen(process, output, errors))
    ending = asyncio.create_task(process.wait())
    try:
        await asyncio.shield(ending)
    finally:
        kill_group(process.pid)
        # Read to the end of its pipes, which is now, unless something left the group and holds them open.
        await asyncio.wait([listening], timeout=_LAST_WORDS_SECONDS)
        await asyncio.wait([ending], timeout=_LAST_WORDS_SECONDS)
        listening.cancel()
        process._transport.close()  # type: ignore[attr-defined]  # our ends of the pipes, which such a process would keep open
    return CompletedProgram(
        status=process.returncode or 0, output=output.text(), errors=errors.text(), complete=output.is_complete
    )


async def _listen(process: asyncio.subprocess.Process, output: BoundedOutput, errors: BoundedOutput) -> None:
    assert process.stdout is not None  # noqa: S101 - a pipe
    assert process.stderr is not None  # noqa: S101 - a pipe
    await asyncio.gather(_drain(process.stdout, output), _drain(process.stderr, errors))


async def _drain(pipe: asyncio.StreamReader, output: BoundedOutput) -> None:
    while chunk := await pipe.read(_CHUNK):
        output.write(chunk)


async def start_program(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    folder: Path,
    output: int | IO[bytes],
    errors: int | IO[bytes],
    words: int | IO[bytes] = asyncio.subprocess.PIPE,
    descriptors: Sequence[int] = (),
    limits: ProgramLimits | None = None,
) -> asyncio.subprocess.Process:
    """Start a program as the leader of its own process group; `words` is its standard input, by default a pipe."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *arguments,
            stdin=words,
            stdout=output,
            stderr=errors,
            pass_fds=descriptors,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            preexec_fn=None if limits is None else limits.apply,
        )
    )
    try:
        process = await asyncio.shield(starting)
        consumers.started(process.pid)
        return process
    except asyncio.CancelledError:
        # Cancelled halfway, asyncio would end the program but not what it has started by now, and wait for that.
        process = await starting
        kill_group(process.pid)
        await asyncio.wait([asyncio.ensure_future(process.communicate())], timeout=_LAST_WORDS_SECONDS)
        raise


def kill_group(leader: int) -> None:
    """Kill every process in the group that `leader` was started to lead. A group that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, for a group of zombies
        os.killpg(leader, signal.SIGKILL)


def describe_exit(status: int) -> str:
    """In words, how a process with this return code ended (negative: the signal that killed it)."""
    if status == LOST_STATUS:
        return "it ended after the process that it was forked from"
    if status >= 0:
        return f"it ended with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if -status == signal.SIGKILL:
        return f"it was killed by {name}, which is how the system ends a process that takes too much memory"
    return f"it was killed by {name}"
