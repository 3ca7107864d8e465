"""Gaps: what gets through the walls of this machine, for `unshelf doctor` and the API."""

from collections.abc import Collection

from unshelf.host.sandbox import landlock
from unshelf.host.sandbox.sandbox import Sandbox, counts_processes
from unshelf.host.sandbox.syscall_filter import syscall_filter

MEMORY = "memory of all processes of a version together: each process is bounded on its own"
PROCESSES = "processes and threads without end"
CALLS = "system calls: their numbers on this machine are not known here"
SIGNALS = "signals to the platform and to other models"
DISK = "a temporary folder that fills the disk: each file is bounded"
NAMES = "names, sizes and modes of the platform's files"
NETWORK = "the network, by versions to which some of it is granted and by builds: they can't be kept to that, nor these to the indexes"
CACHE = "changes of a build to the cache of packages, and to the modes of the platform's files"
EVERYTHING = (
    "all that the platform's user may do: its files, tokens and database, other models, every process, the network"
)


def gaps_of(sandbox: Sandbox, controllers: Collection[str]) -> list[str]:
    """Say what a program of a user can do that it should not, as sentences without an end; `controllers` are those of the control groups
    that can be made."""
    if sandbox.kind == "none":
        return [EVERYTHING]
    found = []
    if "memory" not in controllers:
        found.append(MEMORY)
    if "pids" not in controllers and (sandbox.kind == "landlock" or not counts_processes(sandbox)):
        found.append(PROCESSES)
    if not syscall_filter():
        found.append(CALLS)
    if sandbox.kind == "landlock":
        found += [DISK, NAMES, NETWORK, CACHE]
        if not landlock.scopes_signals():
            found.append(SIGNALS)
    return found
