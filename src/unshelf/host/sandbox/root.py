"""The root folder of a sandbox: an empty file system in memory, in which only what the program needs is mounted, for reading."""

import contextlib
import os
import stat
from typing import Any, NamedTuple

from . import syscalls
from .syscalls import NO_DEVICES, NO_EXEC, NO_SETUID, READ_ONLY

SCRATCH = "/tmp"
"""Where a program finds its own folder."""
ALSO_SCRATCH = "/var/tmp"
"""A link to it."""
BUNDLE = "/run/unshelf/bundle"
"""Where a worker finds the files of its version."""

_FROM = "/tmp"
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
SETTINGS = (
    "alternatives", "ca-certificates", "ca-certificates.conf", "crypto-policies", "fonts", "gai.conf", "host.conf", "hosts",
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "OpenCL", "os-release", "pki",
    "protocols", "resolv.conf", "services", "ssl", "timezone", "vulkan",
)  # fmt: skip
"""The files and folders that libraries read in /etc. Other files there may hold secrets that every user of the machine may read."""
_CACHE = "cache"
"""The folder in the scratch folder with what a program adds to its cache."""
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
_QUIET = NO_SETUID | NO_DEVICES
_MODE = 0o755
_MOST_FILES = 100_000
"""In a temporary folder: each takes memory of the kernel's."""
_MOST_LINKS = 40


class Entry(NamedTuple):
    """One thing that is mounted: a file or folder of the machine, or nothing (an empty `source`) to hide what lies there."""

    target: str
    source: str
    attributes: int
    recursive: bool = False
    optional: bool = True


def build(walls: "dict[str, Any]") -> None:
    """Make the root of these walls the root of this process, in a mount namespace of its own. Raises OSError."""
    whole = walls["kind"] != "namespaces"
    copies = [
        (entry, _copy(entry, walls["owners"], whole=whole)) for entry in entries(walls)
    ]  # all before the first mount, which may hide their sources
    cached = _copy_for(walls) if walls["cache"] else -1
    mask = os.umask(0o022)
    syscalls.mount("tmpfs", _FROM, _QUIET, f"mode={_MODE:o},size=16m")
    for name in ("proc", "etc", "run", "tmp", "var", "dev/shm", "dev/pts", BUNDLE.lstrip("/")):
        os.makedirs(f"{_FROM}/{name}", _MODE, exist_ok=True)
    _mount_memory("/dev/shm", walls, "mode=1777")
    if walls["temporary_bytes"]:
        _mount_memory(SCRATCH, walls, f"mode=0700,uid={walls['user']},gid={walls['group']}")
    os.symlink(SCRATCH, f"{_FROM}{ALSO_SCRATCH}")
    for path in SYSTEM:
        if os.path.islink(path):
            os.symlink(os.readlink(path), f"{_FROM}{path}")
    os.umask(0o066)  # what leads to a mount may be gone through, and tells nothing of its neighbours
    for entry, copy in copies:
        _put(entry, copy)
    os.umask(0o022)
    if walls["cache"]:
        _put_cache(walls, cached)
    _fill_devices()
    _write_users(walls["user"], walls["group"])
    if walls["hosts"]:
        _write_hosts(walls["hosts"])
    syscalls.mount("proc", f"{_FROM}/proc", _QUIET | NO_EXEC)
    syscalls.pivot_root(_FROM)
    _seal()
    os.umask(mask)
    os.chdir(walls.get("folder") or SCRATCH)


def memory_options(size: int) -> "dict[str, str]":
    """Return the options of a file system in memory that holds this many bytes; 0: as many as memory does."""
    return {"size": str(size), "nr_inodes": str(_MOST_FILES)} if size else {}


def _mount_memory(path: str, walls: "dict[str, Any]", options: str) -> None:
    bounds = [f"{name}={value}" for name, value in memory_options(walls["temporary_bytes"]).items()]
    syscalls.mount("tmpfs", f"{_FROM}{path}", _QUIET, ",".join([options, *bounds]))


def entries(walls: "dict[str, Any]") -> "list[Entry]":
    """List what is mounted in the root of these walls, each folder before what lies in it."""
    found = [Entry(path, path, _QUIET | READ_ONLY, recursive=True) for path in SYSTEM if not os.path.islink(path)]
    own = {"hosts"} if walls["hosts"] else set()
    found += [
        Entry(f"/etc/{name}", f"/etc/{name}", _QUIET | READ_ONLY | NO_EXEC) for name in SETTINGS if name not in own
    ]
    found += [Entry(f"/dev/{name}", f"/dev/{name}", NO_SETUID | NO_EXEC) for name in (*_DEVICES, *walls["devices"])]
    found.append(Entry("/sys", "/sys", _QUIET | READ_ONLY | NO_EXEC))
    found += [Entry(path, "", _QUIET) for path in walls["hidden"]]
    found += [Entry(path, path, _QUIET | READ_ONLY, recursive=True, optional=False) for path in walls["readable"]]
    found += [Entry(path, path, _QUIET | READ_ONLY, recursive=True, optional=False) for path in walls["lent"]]
    found += [Entry(path, path, _QUIET, optional=False) for path in walls["writable"]]
    if not walls["temporary_bytes"]:
        found.append(Entry(SCRATCH, walls["scratch"], _QUIET, optional=False))
    found += [
        Entry(path, socket, _QUIET | READ_ONLY | NO_EXEC, optional=False) for path, socket in walls["sockets"].items()
    ]
    if walls["bundle"]:
        found.append(Entry(BUNDLE, walls["bundle"], _QUIET | READ_ONLY, optional=False))
    return sorted(found, key=lambda entry: entry.target.count("/"))


def _copy(entry: Entry, owners: "dict[str, int]", *, whole: bool) -> int:
    """The descriptor of a detached mount of what the entry shows; -1 where there is nothing to show. `whole`: with all that is mounted
    below it, as it must be by those who may not take apart what root has mounted."""
    if not entry.source:
        return -1
    recursive = entry.recursive or whole
    if entry.source in owners:
        with contextlib.suppress(OSError):  # the file system can't show another owner
            mapped = owners[entry.source]
            return syscalls.clone_mount(entry.source, entry.attributes, recursive=recursive, owner_map=mapped)
    try:
        return syscalls.clone_mount(entry.source, entry.attributes, recursive=recursive)
    except OSError as error:
        if entry.optional:
            return -1
        error.filename = entry.source
        raise


def _copy_for(walls: "dict[str, Any]") -> int:
    """A mount of a shared cache in which what is root's looks like the program's; -1 where the file system can't."""
    try:
        if walls["kind"] != "namespaces":  # it is the program's user's own
            return syscalls.clone_mount(walls["cache"], _QUIET, recursive=True)
        return syscalls.clone_mount(walls["cache"], _QUIET, owner_map=walls["owners"][walls["cache"]])
    except (KeyError, OSError):
        return -1


def _put_cache(walls: "dict[str, Any]", cached: int) -> None:
    """Show the shared cache with what the program adds to it; without what is shared where that can't be had."""
    target, lower, own = place_in(_FROM, walls["cache"]), f"{_FROM}/run/cache", f"{_FROM}{SCRATCH}/{_CACHE}"
    os.makedirs(target, _MODE, exist_ok=True)
    for name in ("upper", "work"):
        os.makedirs(f"{own}/{name}", 0o700)
        os.chown(f"{own}/{name}", walls["user"], walls["group"])
    if cached >= 0:
        os.mkdir(lower)
        syscalls.attach_mount(cached, lower)
        os.close(cached)
        try:
            syscalls.mount_overlay(target, lower, f"{own}/upper", f"{own}/work")
        except OSError:
            cached = -1
        syscalls.unmount(lower)
    if cached < 0:
        syscalls.attach_mount(syscalls.clone_mount(f"{own}/upper", _QUIET), target)


def _put(entry: Entry, copy: int) -> None:
    target = place_in(_FROM, entry.target)
    if not entry.source:
        if os.path.isdir(target):
            syscalls.mount("tmpfs", target, entry.attributes, f"mode={_MODE:o},size=1m")
        return
    if copy < 0:
        return
    if not os.path.exists(target):
        _make_place(target, folder=stat.S_ISDIR(os.fstat(copy).st_mode))
    syscalls.attach_mount(copy, target)
    os.close(copy)


def place_in(root: str, path: str) -> str:
    """Where a path leads for a program whose root is this folder: links in it mean places in it, not the machine's."""
    found, waiting, links = "", path.split("/"), 0
    while waiting:
        part = waiting.pop(0)
        if part in ("", "."):
            continue
        here = f"{root}{found}/{part}"
        if part == "..":
            found = found.rpartition("/")[0]
        elif links < _MOST_LINKS and os.path.islink(here):
            links += 1
            link = os.readlink(here)
            waiting[:0] = link.split("/")
            found = "" if link.startswith("/") else found
        else:
            found = f"{found}/{part}"
    return f"{root}{found}"


def _make_place(target: str, *, folder: bool) -> None:
    os.makedirs(target if folder else os.path.dirname(target), _MODE, exist_ok=True)
    if not folder:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


def _fill_devices() -> None:
    for name, target in _LINKS.items():
        os.symlink(target, f"{_FROM}/dev/{name}")
    try:
        syscalls.mount("devpts", f"{_FROM}/dev/pts", NO_SETUID | NO_EXEC, "newinstance,ptmxmode=0666,mode=0620")
        os.symlink("pts/ptmx", f"{_FROM}/dev/ptmx")
    except OSError:  # programs without terminals do not miss them
        return


def _write_users(user: int, group: int) -> None:
    """The users that programs ask for by number: root, the program's own, nobody."""
    with open(f"{_FROM}/etc/passwd", "w") as file:
        file.write(
            f"root:x:0:0::/:/bin/sh\nunshelf:x:{user}:{group}::{SCRATCH}:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
        )
    with open(f"{_FROM}/etc/group", "w") as file:
        file.write(f"root:x:0:\nunshelf:x:{group}:\nnogroup:x:65534:\n")
    for name in ("passwd", "group"):
        os.chmod(f"{_FROM}/etc/{name}", 0o644)


def _write_hosts(hosts: "dict[str, str]") -> None:
    """The names of granted hosts, which have addresses of the loopback interface."""
    with open(f"{_FROM}/etc/hosts", "w") as file:
        file.write(f"127.0.0.1 localhost {os.uname().nodename}\n::1 localhost\n")
        file.writelines(f"{address} {name}\n" for name, address in hosts.items())
    os.chmod(f"{_FROM}/etc/hosts", 0o644)


def _seal() -> None:
    """Let nobody write into the root itself any more."""
    root = os.open("/", os.O_PATH | os.O_CLOEXEC)
    syscalls.set_attributes(root, READ_ONLY)
    os.close(root)
