"""Programs that run to their end, each in its own process group, of which nothing is left when the caller gives up."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LOST_STATUS = -(1 << 16)
"""The status of a process that ended with nobody there to be told how."""
_LAST_WORDS_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a program ended."""

    status: int
    output: str
    errors: str


async def run_program(
    arguments: Sequence[str | Path], *, environment: Mapping[str, str], folder: Path, text: str = ""
) -> Outcome:
    """Run a program with `text` as its standard input; being cancelled kills it and everything it started."""
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
        )
    talking = asyncio.ensure_future(process.communicate())
    try:
        output, errors = await asyncio.shield(talking)
    finally:
        kill_group(process.pid)
        if not talking.done():
            # Hear it out to the end of its pipes, which is now, unless something left the group and holds them open.
            await asyncio.wait([talking], timeout=_LAST_WORDS_SECONDS)
            talking.cancel()
    return Outcome(
        status=process.returncode or 0,
        output=output.decode(errors="replace"),
        errors=errors.decode(errors="replace"),
    )


async def start_program(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    folder: Path,
    output: int | IO[bytes],
    errors: int | IO[bytes],
    words: int | IO[bytes] = asyncio.subprocess.PIPE,
    descriptors: Sequence[int] = (),
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
        )
    )
    try:
        return await asyncio.shield(starting)
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


def ending(status: int) -> str:
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
