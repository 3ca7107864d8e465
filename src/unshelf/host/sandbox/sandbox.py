"""The sandbox as the rest of the host knows it: a place for one program, with walls where this machine lets us build them."""

import json
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, Protocol

from unshelf.host.sandbox import root
from unshelf.host.sandbox.enter import ENVIRONMENT
from unshelf.host.sandbox.syscall_filter import syscall_filter
from unshelf.host.sandbox.users import Users
from unshelf.host.sandbox.walls import Network, Walls

_ENTRANCE = Path(__file__).parent
_READ_UNDER_LANDLOCK = (
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/version", "/proc/filesystems",
    "/proc/sys/vm", "/proc/sys/kernel", "/sys/devices/system", "/sys/fs/cgroup",
)  # fmt: skip
_WRITTEN_UNDER_LANDLOCK = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty"))
_FAMILIES_UNDER_LANDLOCK: Mapping[Network, Sequence[int]] = {"full": (2, 10, 16), "none": ()}
"""Sockets that may be made by network: none with a path, for no rule keeps a program from connecting to one of ours."""
_COUNTS_BY_NAMESPACE = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2]) >= (5, 14)
"""Whether the kernel counts the processes of a user in each namespace of users."""


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
        self, arguments: Sequence[str | Path], *, report: int = -1, channel: int = -1, kept: Sequence[int] = ()
    ) -> list[str | Path]:
        """The command line that starts this program in its place; the first argument is the program's path.

        `report` is a descriptor on which the place tells of the program (see enter.py), `channel` one of a socket on which it sends the
        listening sockets of its network; that and those in `kept` stay open as long as the place exists. All must be passed on."""

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The environment in which that command line is to be started, for the program to have these variables."""

    def release(self) -> None:
        """Note that nothing is left of the program."""


SandboxKind = Literal["namespaces", "user namespaces", "landlock", "none"]
"""Kinds of walls, the strongest first: those that root builds, those that any user may build, rules for files, none."""


class Sandbox(Protocol):
    """Makes places for programs."""

    kind: SandboxKind
    """The kind of its walls."""
    reason: str
    """Why there are no better ones here; empty for the best."""
    spawns_because: str
    """Why a worker in it can't be forked from a warm process; empty: it can."""

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
        self, arguments: Sequence[str | Path], *, report: int = -1, channel: int = -1, kept: Sequence[int] = ()
    ) -> list[str | Path]:
        """Return the program's own command line."""
        del report, channel, kept
        return list(arguments)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return these variables."""
        return dict(variables)

    def release(self) -> None:
        """Do nothing: it took nothing."""


class NoSandbox:
    """Starts programs without walls, and says why."""

    kind: SandboxKind = "none"
    spawns_because = ""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def confine(self, walls: Walls) -> PlainPlace:
        """Return a place without walls."""
        return PlainPlace(walls)


NO_SANDBOX = NoSandbox("no sandbox was asked for")


class WalledPlace:
    """A root folder and namespaces of its own, and a user of its own where root builds them."""

    walled = True
    scratch = Path(root.SCRATCH)

    def __init__(self, walls: Walls, kind: SandboxKind, users: Users | None, hidden: Path) -> None:
        """`users`: those to take one from; None: the platform's own user builds the walls."""
        self.user = os.getuid() if users is None else users.take()
        self._users = users
        self.readable = walls.readable
        self._walls = walls
        self._kind = kind
        self._hidden = hidden
        if users is not None:
            for folder in (walls.scratch, *walls.writable):
                os.chown(folder, self.user, self.user)

    def seen(self, bundle: Path) -> Path:
        """Return the one place where every worker finds its files."""
        del bundle
        return Path(root.BUNDLE)

    def command(
        self, arguments: Sequence[str | Path], *, report: int = -1, channel: int = -1, kept: Sequence[int] = ()
    ) -> list[str | Path]:
        """Return the command line of the way in (see enter.py)."""
        walls = self._walls
        devices = _existing(walls.devices)
        told = _bounds(walls, self.user, self._kind) | {
            "filter": syscall_filter(forks_workers=walls.forks_workers).hex(),
            "more_groups": sorted({os.stat(f"/dev/{name}").st_gid for name in devices} - {0}),
            "scratch": str(walls.scratch),
            "network": walls.network,
            "hosts": dict(walls.hosts),
            "addresses": list(walls.addresses),
            "listeners": list(walls.listeners),
            "channel": channel,
            "sockets": {path: str(socket) for path, socket in walls.sockets.items()},
            "bundle": str(walls.bundle or ""),
            "folder": str(walls.folder or ""),
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
        return _way_in(told, arguments)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the one variable that the way in takes them from: they are the program's alone."""
        return {ENVIRONMENT: json.dumps(dict(variables))}

    def release(self) -> None:
        """Let another place have the user."""
        if self._users is not None:
            self._users.give_back(self.user)


class NamespaceSandbox:
    """Walls of Linux namespaces, put up by root."""

    kind: SandboxKind = "namespaces"
    reason = spawns_because = ""

    def __init__(self, users: Users, home: Path) -> None:
        """`home` is not there for programs, whatever they may see around it."""
        self._users = users
        self._home = _first_closed(home)

    def confine(self, walls: Walls) -> WalledPlace:
        """Return a place with walls."""
        return WalledPlace(walls, self.kind, self._users, self._home)


class UserNamespaceSandbox:
    """The same walls, put up by a user without rights, in a namespace of users: all programs are the platform's user, behind walls."""

    kind: SandboxKind = "user namespaces"
    spawns_because = ""

    def __init__(self, reason: str, home: Path) -> None:
        """`reason`: why it is not root that builds them."""
        self.reason = reason
        self._home = _first_closed(home)

    def confine(self, walls: Walls) -> WalledPlace:
        """Return a place with walls."""
        if not _COUNTS_BY_NAMESPACE:
            walls = replace(walls, processes=0)  # the user's other processes would count
        return WalledPlace(walls, self.kind, None, self._home)


class LandlockPlace(PlainPlace):
    """The platform's user and processes, with rules for files and system calls."""

    def __init__(self, walls: Walls) -> None:
        super().__init__(walls)
        self._walls = walls

    def command(
        self, arguments: Sequence[str | Path], *, report: int = -1, channel: int = -1, kept: Sequence[int] = ()
    ) -> list[str | Path]:
        """Return the command line of a program that takes on the rules and becomes this one."""
        del report, channel, kept
        walls = self._walls
        read = [*root.SYSTEM, *(f"/etc/{name}" for name in root.SETTINGS), *_READ_UNDER_LANDLOCK, arguments[0]]
        read += [*walls.readable, *walls.lent, *([walls.bundle] if walls.bundle else [])]
        write = [*_WRITTEN_UNDER_LANDLOCK, *(f"/dev/{name}" for name in walls.devices), walls.scratch, *walls.writable]
        write += [*walls.groups, *([walls.cache] if walls.cache else [])]
        told = _bounds(walls, self.user, "landlock") | {
            "filter": syscall_filter(
                families=_FAMILIES_UNDER_LANDLOCK[walls.network], keeps_modes=not walls.writable
            ).hex(),
            "processes": 0,  # the user's other processes would count
            "stays": False,
            "read": [str(path) for path in read],
            "write": [str(path) for path in write],
        }
        return _way_in(told, arguments)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the one variable that the way in takes them from."""
        return {ENVIRONMENT: json.dumps(dict(variables))}


class LandlockSandbox:
    """Rules of Landlock and a filter of system calls: for machines that let no one make namespaces."""

    kind: SandboxKind = "landlock"
    spawns_because = "rules for files can't be other than its warm process's"

    def __init__(self, reason: str) -> None:
        """`reason`: why there are no namespaces."""
        self.reason = reason

    def confine(self, walls: Walls) -> LandlockPlace:
        """Return a place with rules."""
        return LandlockPlace(walls)


def _bounds(walls: Walls, user: int, kind: SandboxKind) -> dict[str, object]:
    """Return the part of the configuration of the way in that all kinds have."""
    return {
        "kind": kind,
        "user": user,
        "group": user if kind == "namespaces" else os.getgid(),
        "temporary_bytes": walls.temporary_bytes,
        "processes": 0 if walls.forks_workers else walls.processes,
    }


def _way_in(told: Mapping[str, object], arguments: Sequence[str | Path]) -> list[str | Path]:
    program = [os.fspath(argument) for argument in arguments]
    return [own_interpreter(), "-I", "-S", _ENTRANCE, json.dumps(told), *program]


def counts_processes(sandbox: Sandbox) -> bool:
    """Whether the kernel counts the processes of each place on their own, so that they can be bounded without control groups."""
    return sandbox.kind == "namespaces" or (sandbox.kind == "user namespaces" and _COUNTS_BY_NAMESPACE)


def bounds_network(sandbox: Sandbox) -> bool:
    """Whether programs in it can have a network of their own, with a way out to what is granted and to nothing else."""
    return sandbox.kind in ("namespaces", "user namespaces")


def own_interpreter() -> str:
    """The interpreter that we run on: not that of a virtual environment, which strangers' packages may be installed in."""
    return os.path.realpath(sys.executable)


def warning_of(sandbox: Sandbox) -> str:
    """Say what an operator must know of a machine with weak walls or none, in one sentence; empty where walls stand."""
    if sandbox.kind == "none":
        return f"Models, checks and builds run as the user of the platform: they can read its files ({sandbox.reason})."
    if sandbox.kind == "landlock":
        return (
            "Models, checks and builds run as the user of the platform and among its processes; rules keep them from its files "
            f"({sandbox.reason})."
        )
    return ""


def _first_closed(home: Path) -> Path:
    """The first folder on the way to a home folder that only its owner may enter: hidden, it keeps nobody from what is shown below it."""
    above = reversed(home.parents)
    return next((folder for folder in above if folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH), home)


def _existing(devices: Sequence[str]) -> list[str]:
    return [name for name in devices if os.path.exists(f"/dev/{name}")]
