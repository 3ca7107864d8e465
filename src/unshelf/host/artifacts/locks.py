"""Locks as the host has them: read and verified, in a process of its own."""

import asyncio
import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import msgspec

from unshelf.host.artifacts.pylock import MAX_LOCK_BYTES
from unshelf.host.errors import HostFailure
from unshelf.host.subprocesses import run_program

_SECONDS = 30.0
_MOST_ANSWER = 8 * MAX_LOCK_BYTES


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """A pylock.toml that was read and verified."""

    text: str
    """As it is kept and shown: without credentials."""
    packages: list[str]
    """`name==version`, in the lock's order."""
    name: str
    """The name of the environment that it makes."""
    to_install: str
    """As it is installed: each package with the index that it came from, for uv finds a file that it fetched before by that. It may
    hold a password. Of a lock that came with a bundle, no package names an index."""
    given: bool = False
    """Whether it came with a bundle, or was kept, which says as little of where its files come from."""


@dataclass(frozen=True, kw_only=True)
class LockReader:
    """Reads locks, each in a process with limits of its own."""

    folder: Path
    """Where that process works."""

    async def read(
        self,
        text: str,
        *,
        python: str,
        index: str = "",
        trusted: Sequence[str] | None = None,
        hashes: Mapping[str, Collection[str]] = MappingProxyType({}),
        stored: bool = False,
    ) -> Lock:
        """Read and verify a lock for this full Python version; raises `lock_failed`. `index` and `trusted` as in `pylock`, `hashes` as
        in `required_hashes`. `stored`: it is the text of a lock that was read before."""
        question = {
            "text": text, "python": python, "index": index, "trusted": None if trusted is None else list(trusted),
            "stored": stored,
            "hashes": {name: sorted(of_name) for name, of_name in hashes.items()},
        }  # fmt: skip
        try:
            async with asyncio.timeout(_SECONDS):
                done = await run_program(
                    [sys.executable, "-I", "-m", "unshelf.host.artifacts.lock_process"],
                    environment={},
                    folder=self.folder,
                    text=await asyncio.to_thread(json.dumps, question),
                    most_output=_MOST_ANSWER,
                )
        except TimeoutError as error:
            raise _refusal("to read it takes too long") from error
        if done.status or not done.complete:
            raise _refusal("to read it takes too much time or memory", log=done.errors)
        answer = msgspec.json.decode(done.output, type=dict[str, object])
        if "refused" in answer:
            reason, hint = str(answer["refused"]), str(answer["hint"])
            raise HostFailure("lock_failed", reason, hint=hint, step="lock") if hint else _refusal(reason)
        return msgspec.convert({**answer, "given": stored or trusted is not None}, Lock)


def _refusal(reason: str, log: str = "") -> HostFailure:
    return HostFailure(
        "lock_failed",
        f"The lock file can't be used: {reason}.",
        hint="Make it with `uv pip compile --format pylock.toml --generate-hashes` from the server's index, or give requirements and "
        "let the server lock them.",
        step="lock",
        log=log,
    )
