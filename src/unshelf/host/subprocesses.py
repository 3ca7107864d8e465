"""Programs that run to their end, each in its own process group, of which nothing is left when the caller gives up."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


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
    process = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(environment),
        cwd=folder,
        start_new_session=True,
    )
    try:
        output, errors = await process.communicate(text.encode())
    finally:
        kill_group(process.pid)
        # A wait that is itself cancelled would leave a zombie and a half-open pipe; after SIGKILL it is short.
        await asyncio.shield(process.wait())
    return Outcome(
        status=process.returncode or 0,
        output=output.decode(errors="replace"),
        errors=errors.decode(errors="replace"),
    )


def kill_group(leader: int) -> None:
    """Kill every process in the group that `leader` was started to lead. A group that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, for a group of zombies
        os.killpg(leader, signal.SIGKILL)


def ending(status: int) -> str:
    """In words, how a process with this return code ended (negative: the signal that killed it)."""
    if status >= 0:
        return f"it ended with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if -status == signal.SIGKILL:
        return f"it was killed by {name}, which is how the system ends a process that takes too much memory"
    return f"it was killed by {name}"
