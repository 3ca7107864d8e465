"""The way into a sandbox, walked by three processes: the *watcher*, a child of the host outside all walls, which ends as the
program does; the *init* process of a new pid namespace, which builds the root, reaps orphans, and with which everything ends; and
the program itself, which gives up every right before it begins.

The program's own pid, as the host sees it, goes to the host on the descriptor `report`, with the process group by which all of it is
killed, and its exit status at its end: two JSON objects, a line each. The watcher is in no such group, and ends when nothing is left,
which for a zygote is later: workers that it forked live on. When the host is gone, nobody reads that descriptor any more: a while
later the watcher ends everything, whatever the program does. Its environment comes as
JSON in one variable: nothing that a stranger may choose in it, such as LD_PRELOAD, has a say in the first two."""

import contextlib
import json
import math
import os
import resource
import select
import signal
import socket
import sys
import time
from types import FrameType
from typing import Any

from . import landlock, network, root, syscalls
from .syscalls import NEW_HOST_NAMES, NEW_IPC, NEW_MOUNTS, NEW_NETWORK, NEW_PIDS, NEW_USERS

ENVIRONMENT = "UNSHELF_SANDBOXED_ENVIRONMENT"
"""The variable with the program's environment."""
REFUSED = 125
"""The exit status where the walls can't be put up."""
_NOT_FOUND = 127
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_MESSAGE_BYTES = 1 << 16
_MORE_FILE_BYTES = 1 << 20
"""A file may be a little larger than the folder that it lies in, so that a full one says that it is full."""


def main(walls_json: str, arguments: "list[str]") -> int:
    """Run the program behind the walls and end as it does."""
    walls: dict[str, Any] = json.loads(walls_json)
    if walls["kind"] == "landlock":
        return _run_under_landlock(walls, arguments)
    watcher = _Watcher(walls["report"], walls["grace"])
    walls["owners"] = {}
    try:
        if walls["report"] < 0:
            syscalls.end_with_parent()
        if walls["kind"] == "user namespaces":
            group = os.getgid()
            syscalls.unshare(NEW_USERS | NEW_PIDS)
            syscalls.map_own_user(walls["user"], group)
        else:
            for path in [*walls["lent"], *filter(None, [walls["cache"]])]:
                with contextlib.suppress(OSError):  # then it reads what everybody may, and its own cache begins empty
                    walls["owners"][path] = _owner_map(walls["user"], path)
            syscalls.unshare(NEW_PIDS)
    except OSError as error:
        return watcher.refuse(f"a process namespace can't be made: {error}")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    init = os.fork()
    if init == 0:
        ours.close()
        os._exit(_run_init(walls, arguments, theirs))
    theirs.close()
    return watcher.watch(ours, init, 0 if walls["stays"] else init)


def _owner_map(user: int, path: str) -> int:
    found = os.stat(path)
    return syscalls.owner_map(user, found.st_uid, found.st_gid)


class _Watcher:
    """Outside: passes signals on to the program, ends as it ended, and ends it some time after the host."""

    def __init__(self, report: int, grace: float) -> None:
        self._report = report
        self._grace = grace
        self._init = self._pidfd = -1
        self._host_is_there = report >= 0
        self._end_at = math.inf
        self._early: list[int] = []
        for number in _FORWARDED:
            signal.signal(number, self._forward)

    def watch(self, told: socket.socket, init: int, group: int) -> int:
        """Wait for the program's end and return its exit status; where a signal ended it, die of the same. `group` is the
        process group by which it is killed; 0: the program leads its own."""
        self._init = init
        ending = os.pidfd_open(init)
        _keep_only({2, self._report, told.fileno(), ending})
        while True:
            self._await(told.fileno())
            message, descriptors, _, _ = socket.recv_fds(told, _MESSAGE_BYTES, 1)
            if not message:
                self._await(ending)
                return _end_as(os.waitstatus_to_exitcode(os.wait()[1]))
            said = json.loads(message)
            if "refused" in said:
                return self.refuse(said["refused"])
            if "status" in said:
                self._tell(said)
                self._await(ending)
                os.wait()
                return _end_as(said["status"])
            self._pidfd = descriptors[0]
            pid = _pid_of(self._pidfd)
            self._tell({"pid": pid, "group": group or pid, "joined": said["joined"], "init": self._init})
            for number in self._early:
                self._forward(number, None)

    def refuse(self, reason: str) -> int:
        """Say why the program can't be run."""
        self._tell({"refused": reason})
        sys.stderr.write(f"The program can't be started in a sandbox: {reason}.\n")
        return REFUSED

    def _tell(self, said: "dict[str, Any]") -> None:
        if self._report < 0:
            return
        with contextlib.suppress(OSError):  # the host is gone
            os.write(self._report, json.dumps(said).encode() + b"\n")

    def _forward(self, number: int, _: "FrameType | None") -> None:
        if self._pidfd < 0:
            self._early.append(number)
            return
        try:
            signal.pidfd_send_signal(self._pidfd, number)
        except ProcessLookupError:  # it ended: what it left ends now
            os.kill(self._init, signal.SIGKILL)

    def _await(self, descriptor: int) -> None:
        """Wait until this can be read. Kills all that is in the sandbox when the host has been gone for as long as it may be."""
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if self._host_is_there:
            poll.register(self._report, 0)
        while True:
            left = self._end_at - time.monotonic()
            ready = {each for each, _ in poll.poll(None if left == math.inf else max(0.0, left) * 1000)}
            if descriptor in ready:
                return
            if self._report in ready:
                poll.unregister(self._report)
                self._host_is_there = False
                self._end_at = time.monotonic() + self._grace
            elif not ready:
                os.kill(self._init, signal.SIGKILL)
                self._end_at = math.inf


def _run_init(walls: "dict[str, Any]", arguments: "list[str]", watcher: socket.socket) -> int:
    """Be process 1 inside."""
    for number in _FORWARDED:
        signal.signal(number, signal.SIG_IGN)
    try:
        if not walls["stays"]:
            syscalls.end_with_parent()
            os.setpgid(0, 0)  # last: until then it is killed with the watcher's group
        joining = [
            (path, os.open(path, os.O_WRONLY | os.O_CLOEXEC)) for path in walls["groups"] if os.path.exists(path)
        ]
        own_network = walls["network"] == "none"
        syscalls.unshare(NEW_MOUNTS | NEW_IPC | NEW_HOST_NAMES | (NEW_NETWORK if own_network else 0))
        if own_network:
            syscalls.start_loopback()
        if walls["channel"] >= 0:
            network.send_listeners(walls["channel"], walls["addresses"], walls["listeners"])
        syscalls.make_mounts_private()
        root.build(walls)
    except OSError as error:
        what = error.filename or "the file systems"
        _say(watcher, {"refused": f"{what} can't be mounted: {error.strerror or error}"})
        return REFUSED
    except Exception as error:  # whatever it is: the host waits for an answer
        _say(watcher, {"refused": f"{type(error).__name__}: {error}"})
        raise
    joined, told = os.pipe()
    program = os.fork()
    if program == 0:
        _become_program(walls, arguments, joining, told)
    pidfd = os.pidfd_open(program)
    os.close(told)
    said = b"".join(iter(lambda: os.read(joined, _MESSAGE_BYTES), b""))
    _say(watcher, {"joined": json.loads(said or b"[]")}, pidfd)
    os.close(pidfd)
    _keep_only({watcher.fileno(), walls["channel"], *walls["kept"]})
    status = _reap_until(program)
    _say(watcher, {"status": status})
    watcher.close()
    if walls["stays"]:
        _end_own_processes()
        _reap_until(None)
    return 0


def _become_program(
    walls: "dict[str, Any]", arguments: "list[str]", joining: "list[tuple[str, int]]", told: int
) -> None:
    try:
        for number in _FORWARDED:
            signal.signal(number, signal.SIG_DFL)
        if walls["stays"]:
            os.setpgid(0, 0)
        joined = []
        for path, descriptor in joining:
            try:
                os.write(descriptor, b"0")
                joined.append(path)
            except OSError as error:
                sys.stderr.write(f"could not join {path}: {error}\n")
        os.write(told, json.dumps(joined).encode())
        os.close(told)
        for descriptor in {walls["report"], walls["channel"], *walls["kept"]} - {-1}:
            os.close(descriptor)  # a folder of the machine, and the host's ear: nothing for a stranger
        _limit(walls)
        syscalls.become(walls["user"], walls["more_groups"] if walls["kind"] == "namespaces" else None)
        if walls["filter"]:
            syscalls.filter_calls(bytes.fromhex(walls["filter"]))
        os.execve(arguments[0], arguments, json.loads(os.environ[ENVIRONMENT]))
    except OSError as error:
        sys.stderr.write(f"{arguments[0]} can't be started: {error}\n")
    finally:
        os._exit(_NOT_FOUND)


def _limit(walls: "dict[str, Any]") -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NPROC)
    most = walls["processes"] or most
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
    if walls["temporary_bytes"] and not walls["stays"]:  # its log is a file, too
        most_bytes = walls["temporary_bytes"] + _MORE_FILE_BYTES
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump is for a handler of the machine's, which is root


def _run_under_landlock(walls: "dict[str, Any]", arguments: "list[str]") -> int:
    """Become the program, under rules for files and system calls, as the same user and among the same processes."""
    try:
        _limit(walls)
        syscalls.become(walls["user"], None)
        landlock.restrict(read=walls["read"], write=walls["write"])
        if walls["filter"]:
            syscalls.filter_calls(bytes.fromhex(walls["filter"]))
        os.execve(arguments[0], arguments, json.loads(os.environ[ENVIRONMENT]))
    except OSError as error:
        sys.stderr.write(f"The program can't be started in a sandbox: {error}.\n")
    return REFUSED


def _reap_until(program: "int | None") -> int:
    """Reap whatever ends until this one does, and return its exit status; without one, until nothing is left."""
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return 0
        if pid == program:
            return os.waitstatus_to_exitcode(status)


def _end_own_processes() -> None:
    """Kill what a zygote left behind. Workers that it forked are in pid namespaces of their own, and live on."""
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            with open(f"/proc/{name}/status") as file:
                spaces = next(line for line in file if line.startswith("NSpid:"))
            if len(spaces.split()) == 2:  # the word, and one number: no namespace below ours
                os.kill(int(name), signal.SIGKILL)


def _say(watcher: socket.socket, said: "dict[str, Any]", *descriptors: int) -> None:
    with contextlib.suppress(OSError):  # the watcher is gone
        socket.send_fds(watcher, [json.dumps(said).encode()], list(descriptors))


def _keep_only(kept: "set[int]") -> None:
    """Close every other descriptor: pipes must end when the program's do."""
    with os.scandir("/proc/self/fd") as entries:
        open_now = [int(entry.name) for entry in entries]
    for descriptor in open_now:
        if descriptor not in kept:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _pid_of(pidfd: int) -> int:
    with open(f"/proc/self/fdinfo/{pidfd}") as file:
        return int(next(line for line in file if line.startswith("Pid:")).split()[1])


def _end_as(status: int) -> int:
    if status >= 0:
        return status
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if -status not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
    return 128 - status
