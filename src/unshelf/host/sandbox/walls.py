"""Walls around one program, by what it may see and write: everything that is not named here is not there for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64")
_CONFIGURATION = "pyvenv.cfg"
_PARTS = ("bin", "include", "lib", "lib64")
"""The parts that an interpreter needs of a folder that holds other things too."""
_MOST_LINKS = 40


Network = Literal["full", "none"]
"""The network of the server, or one of its own in which there is nothing but itself."""
LEAST_TEMPORARY_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Walls:
    """The files and devices that a program sees beside the programs and libraries of the system, and how much it may take."""

    scratch: Path
    """A folder of its own, to which it may write: its home and its temporary folder."""
    temporary_bytes: int = 0
    """The size of its temporary folder, which then lies in memory, and not in `scratch`, and of its shared memory; 0: its temporary
    folder is `scratch`, and shared memory is not bounded but by memory."""
    processes: int = 0
    """How many processes and threads its user may have; 0: as many as the system lets."""
    network: Network = "full"
    """The network that it has."""
    sockets: Mapping[str, Path] = field(default_factory=dict)
    """Unix sockets of the host that it may connect to, by the path at which it finds each."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Names that it finds in /etc/hosts instead of the machine's, with their addresses."""
    addresses: Sequence[str] = ()
    """Addresses that the loopback interface of its own network has beside those below 127."""
    listeners: Sequence[tuple[str, int]] = ()
    """Addresses and ports of its own network at which sockets listen; they are sent on the channel (see `Confined.command`)."""
    readable: Sequence[Path] = ()
    """Files and folders that it finds at their own paths and can't write to."""
    lent: Sequence[Path] = ()
    """Likewise, but what their owner alone may read, it may read too."""
    writable: Sequence[Path] = ()
    """Folders that it finds at their own paths and may write to; they must belong to its user."""
    bundle: Path | None = None
    """The files of a version."""
    folder: Path | None = None
    """The working folder, as the program sees it; None: its own folder."""
    cache: Path | None = None
    """A folder that it finds at its own path with all that is in it, and may write to: what it writes, only it sees."""
    devices: Sequence[str] = ()
    """Devices that it may use, relative to `/dev`."""
    groups: Sequence[str] = ()
    """Files of control groups that it joins before it begins."""
    forks_workers: bool = False
    """Whether workers that it forks live on when it ends."""
    outlives_host_seconds: float = 0.0
    """How long it, and all that it started, may live on when the host is gone."""


def interpreter_folders(python: Path, home: Path) -> tuple[Path, ...]:
    """The folders that this interpreter needs, of its virtual environment and of what that was made from, by their every name.

    Of a folder that holds this home folder or its user's files too, only the parts that are an interpreter's."""
    private = {home, Path.home()}
    found: dict[Path, None] = {}
    for executable in _names_of(python):
        prefix = executable.parent.parent
        if any(executable.is_relative_to(folder) for folder in _SYSTEM) and not executable.is_relative_to(home):
            continue  # seen as part of the system, in which the home folder is hidden
        if any(folder.is_relative_to(prefix) for folder in private):
            found.update((prefix / part, None) for part in _PARTS if (prefix / part).is_dir())
        else:
            found[prefix] = None
    return tuple(found)


def _names_of(python: Path) -> list[Path]:
    """Every path by which the interpreter is reached: its links, and what each virtual environment on the way was made from."""
    found: list[Path] = []
    waiting = [python]
    while waiting and len(found) < _MOST_LINKS:
        path = waiting.pop()
        if path in found:
            continue
        found.append(path)
        if path.is_symlink():
            waiting.append(path.parent / path.readlink())
        if (real := path.resolve()) != path:
            waiting.append(real)
        base = _base_of(path.parent.parent / _CONFIGURATION)
        if base is not None:
            waiting.append(base / path.name)
    return found


def _base_of(configuration: Path) -> Path | None:
    """The folder of the interpreter that a virtual environment was made from; None for what is none."""
    try:
        lines = configuration.read_text().splitlines()
    except OSError:
        return None
    values = (line.partition("=") for line in lines)
    return next((Path(value.strip()) for name, _, value in values if name.strip() == "home"), None)
