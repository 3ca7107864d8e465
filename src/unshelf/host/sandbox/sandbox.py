"""The sandbox as the rest of the host knows it: a place for one program, with walls where this machine lets us build them."""

import json
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from unshelf.host.sandbox import root
from unshelf.host.sandbox.enter import ENVIRONMENT
from unshelf.host.sandbox.syscall_filter import syscall_filter
from unshelf.host.sandbox.users import Users
from unshelf.host.sandbox.walls import Walls

_ENTRANCE = Path(__file__).parent


class Confined(Protocol):
    """The place of one program. Made by a sandbox, to be released when everything in it has ended."""

    user: int
    """The user that it runs as."""
    scratch: Path
    """The program's own folder, as it sees it."""
    walled: bool
    """Whether there are walls around it."""
    readable: Sequence[Path]
    """The paths of the machine that it sees at their own places."""

    def seen(self, bundle: Path) -> Path:
        """The path at which it finds its bundle."""

    def command(
        self, arguments: Sequence[str | Path], *, report: int = -1, kept: Sequence[int] = ()
    ) -> list[str | Path]:
        """The command line that starts this program in its place; the first argument is the program's path.

        `report` is a descriptor on which the place tells of the program (see enter.py); those in `kept` stay open as long as the
        place exists. Both must be passed on."""

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The environment in which that command line is to be started, for the program to have these variables."""

    def release(self) -> None:
        """Note that nothing is left of the program."""


class Sandbox(Protocol):
    """Makes places for programs."""

    reason: str
    """Why there are no walls here; empty where there are."""

    def confine(self, walls: Walls) -> Confined:
        """A place for one program. Raises HostFailure when there is none to be had."""


class PlainPlace:
    """No walls: a program runs as the user of the platform."""

    walled = False

    def __init__(self, walls: Walls) -> None:
        self.user = os.getuid()
        self.scratch = walls.scratch
        self.readable = walls.readable

    def seen(self, bundle: Path) -> Path:
        """Return where it lies."""
        return bundle

    def command(
        self, arguments: Sequence[str | Path], *, report: int = -1, kept: Sequence[int] = ()
    ) -> list[str | Path]:
        """Return the program's own command line."""
        del report, kept
        return list(arguments)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return these variables."""
        return dict(variables)

    def release(self) -> None:
        """Do nothing: it took nothing."""


class NoSandbox:
    """Starts programs without walls, and says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def confine(self, walls: Walls) -> PlainPlace:
        """Return a place without walls."""
        return PlainPlace(walls)


NO_SANDBOX = NoSandbox("no sandbox was asked for")


class WalledPlace:
    """A user, a root folder and namespaces of its own."""

    walled = True
    scratch = Path(root.SCRATCH)

    def __init__(self, walls: Walls, users: Users, hidden: Path) -> None:
        self.user = users.take()
        self._users = users
        self.readable = walls.readable
        self._walls = walls
        self._hidden = hidden
        for folder in (walls.scratch, *walls.writable):
            os.chown(folder, self.user, self.user)

    def seen(self, bundle: Path) -> Path:
        """Return the one place where every worker finds its files."""
        del bundle
        return Path(root.BUNDLE)

    def command(
        self, arguments: Sequence[str | Path], *, report: int = -1, kept: Sequence[int] = ()
    ) -> list[str | Path]:
        """Return the command line of the way in (see enter.py)."""
        walls = self._walls
        devices = _existing(walls.devices)
        told = {
            "user": self.user,
            "more_groups": sorted({os.stat(f"/dev/{name}").st_gid for name in devices} - {0}),
            "scratch": str(walls.scratch),
            "temporary_bytes": walls.temporary_bytes,
            "processes": 0 if walls.forks_workers else walls.processes,
            "network": walls.network,
            "sockets": {path: str(socket) for path, socket in walls.sockets.items()},
            "filter": syscall_filter(forks_workers=walls.forks_workers).hex(),
            "bundle": str(walls.bundle or ""),
            "readable": [str(path) for path in walls.readable],
            "lent": [str(path) for path in walls.lent],
            "cache": str(walls.cache or ""),
            "writable": [str(path) for path in walls.writable],
            "hidden": [str(self._hidden)],
            "devices": devices,
            "groups": list(walls.groups),
            "stays": walls.forks_workers,
            "grace": walls.outlives_host_seconds,
            "report": report,
            "kept": list(kept),
        }
        program = [os.fspath(argument) for argument in arguments]
        return [own_interpreter(), "-I", "-S", _ENTRANCE, json.dumps(told), *program]

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the one variable that the way in takes them from: they are the program's alone."""
        return {ENVIRONMENT: json.dumps(dict(variables))}

    def release(self) -> None:
        """Let another place have the user."""
        self._users.give_back(self.user)


class NamespaceSandbox:
    """Walls of Linux namespaces, put up by root."""

    reason = ""

    def __init__(self, users: Users, home: Path) -> None:
        """`home` is not there for programs, whatever they may see around it."""
        self._users = users
        self._home = _first_closed(home)

    def confine(self, walls: Walls) -> WalledPlace:
        """Return a place with walls."""
        return WalledPlace(walls, self._users, self._home)


def own_interpreter() -> str:
    """The interpreter that we run on: not that of a virtual environment, which strangers' packages may be installed in."""
    return os.path.realpath(sys.executable)


def without_walls(sandbox: Sandbox) -> str:
    """Say what an operator must know of a machine without walls, in one sentence."""
    return f"Models, checks and builds run as the user of the platform: they can read its files ({sandbox.reason})."


def _first_closed(home: Path) -> Path:
    """The first folder on the way to a home folder that only its owner may enter: hidden, it keeps nobody from what is shown below it."""
    above = reversed(home.parents)
    return next((folder for folder in above if folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH), home)


def _existing(devices: Sequence[str]) -> list[str]:
    return [name for name in devices if os.path.exists(f"/dev/{name}")]
