"""Python interpreters on this machine, and the choice of one for a model."""

import json
import platform
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from unshelf.host.errors import HostFailure
from unshelf.host.packages.uv import Uv

_FRESH_SECONDS = 60.0
_VERSION = re.compile(r"3\.(\d{1,2})(?:\.(\d{1,3}))?")
_NAMES_MINOR = re.compile(r"python3\.\d{1,2}")
OLDEST_MINOR = 10
"""Workers run on Python 3.10 and later."""


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A CPython on this machine."""

    version: str
    """In full: `3.11.7`."""
    path: Path


class Interpreters:
    """Finds interpreters with uv and remembers them for a minute."""

    def __init__(self, uv: Uv) -> None:
        self._uv = uv
        self._versions: list[str] = []
        self._asked = -_FRESH_SECONDS
        self.own = Interpreter(version=platform.python_version(), path=Path(_base_executable()).resolve())
        """The one that the platform runs on."""

    async def versions(self) -> list[str]:
        """The full versions found, oldest first."""
        if time.monotonic() - self._asked >= _FRESH_SECONDS:
            self._versions = await self._list()
            self._asked = time.monotonic()
        return self._versions

    async def choose(self, wanted: str) -> Interpreter:
        """The interpreter for `3.11` or `3.11.7`: the same minor version, and the very same one if it is here.

        Raises `lock_failed`, naming what is here."""
        match = _VERSION.fullmatch(wanted)
        if match is None or int(match[1]) < OLDEST_MINOR:
            raise HostFailure(
                "lock_failed",
                f"Python {wanted[:40]!a} can't be used for a model",
                hint=f"Give a version such as 3.11 or 3.11.7, at least 3.{OLDEST_MINOR}.",
                step="lock",
            )
        minor = f"3.{match[1]}."
        if self.own.version == wanted or (match[2] is None and self.own.version.startswith(minor)):
            return self.own
        found = await self.versions()
        same = [version for version in found if version.startswith(minor)]
        if not same:
            raise HostFailure(
                "lock_failed",
                f"the model needs Python {minor[:-1]}, which this machine does not have",
                hint=f"Found here: {', '.join(found) or 'none'}. Install it on the server, e.g. `uv python install {minor[:-1]}`, "
                "or make the model with a version found here.",
                step="lock",
            )
        if wanted not in same and self.own.version in same:
            return self.own
        return await self._find(wanted if wanted in same else same[-1])

    async def _list(self) -> list[str]:
        outcome = await self._uv.run("python", "list", "--only-installed", "--output-format", "json")
        listed = json.loads(outcome.output) if outcome.status == 0 else []
        versions = {
            entry["version"]
            for entry in listed
            if entry["implementation"] == "cpython"
            and entry["variant"] == "default"
            and _VERSION.fullmatch(entry["version"])
        }
        return sorted(versions | {self.own.version}, key=lambda version: tuple(map(int, version.split("."))))

    async def _find(self, version: str) -> Interpreter:
        if version == self.own.version:
            return self.own
        outcome = await self._uv.run("python", "find", "--system", "--no-project", version)
        if outcome.status:
            raise HostFailure(
                "lock_failed", f"Python {version} was found but does not start", log=outcome.errors[-4000:], step="lock"
            )
        return Interpreter(version=version, path=Path(outcome.output.strip()))


def interpreter_fits(python: Path) -> bool:
    """Whether the interpreter that an environment's `bin/python` leads to is there, and still of the minor version that the environment
    was made with: after an upgrade, `/usr/bin/python3` may be another one. Raises OSError where it may not be looked at."""
    if not python.exists():
        return False
    name = python.readlink().name if python.is_symlink() else ""
    if not _NAMES_MINOR.fullmatch(name):
        name = python.resolve().name
    library = python.parent.parent / "lib"
    return not _NAMES_MINOR.fullmatch(name) or (library / name).is_dir() or not any(library.glob("python3.*"))


def _base_executable() -> str:
    """The interpreter that our own virtual environment was made from."""
    executable: str = getattr(sys, "_base_executable", sys.executable)
    return executable
