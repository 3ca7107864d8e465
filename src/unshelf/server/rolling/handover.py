"""The state that a supervisor hands on to the program that takes its place in the same process: what it holds and what it runs.

The process goes on (exec), so its children stay its children, and its locks and sockets stay open. The state lies in memory alone,
as secrets are in it, and goes by an inherited descriptor."""

import contextlib
import dataclasses
import os
import subprocess
import tempfile
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import MISSING
from typing import Any

import msgspec
from msgspec.structs import fields

from unshelf.contracts.errors import UnshelfError
from unshelf.server.children import Child, ChildPlan

GENERATION = 1
"""Raised by a release whose processes can't work beside those of the release before it: its server has to be stopped and started.

Shapes that older and newer processes both read (tests/contract/golden) are no reason."""


class CannotHandOver(UnshelfError):
    """A program can't take the place of the one that runs."""

    code = "conflict"


class RunningChild(msgspec.Struct, frozen=True, kw_only=True):
    """A child that runs."""

    plan: ChildPlan
    group: int
    pid: int
    lifeline: int
    """The descriptor that it lives by."""
    is_leaving: bool


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """All that the next program needs to go on."""

    generation: int
    program: str
    """The version of the program that hands over."""
    folder: str
    """The working folder in which the server was started."""
    given: dict[str, Any]
    """Settings that were given on its command line."""
    settings: dict[str, Any]
    """All settings that were in force, as JSON has them."""
    environment: dict[str, str]
    """The variables that its children have."""
    variables: dict[str, str] = {}
    """The variables that it has itself, secrets among them; empty from a program that did not tell them."""
    migrates: bool
    """Whether the next program brings the database to other tables, so that no control of this one may go on beside it."""
    lock: int
    listening: int
    grpc: int | None
    asker: int | None
    """The descriptors of the home folder's lock, of the sockets, and of the connection of who asked for the change."""
    children: list[RunningChild]

    def descriptors(self) -> list[int]:
        """Return all that must stay open."""
        own = [self.lock, self.listening, self.grpc, self.asker]
        return [each for each in own if each is not None] + [child.lifeline for child in self.children]


def fields_given() -> list[str]:
    """Name all that this program hands over. The next one looks at it before anything is changed: it could not go back any more."""
    return [name for name, _ in _fields()]


def fields_missing(given: Collection[str]) -> list[str]:
    """Name what this program needs of another that hands over these."""
    return sorted({name for name, is_needed in _fields() if is_needed} - set(given))


def _fields() -> list[tuple[str, bool]]:
    """The name of each field of what is handed over, and whether it must be there."""
    structs = [
        (f"{kind.__name__}.{each.name}", each.required) for kind in (Handover, RunningChild) for each in fields(kind)
    ]
    plan = [
        (f"ChildPlan.{each.name}", each.default is MISSING and each.default_factory is MISSING)
        for each in dataclasses.fields(ChildPlan)
    ]
    return structs + plan


class AdoptedProcess:
    """A child process that the program before this one started; see subprocess.Popen."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._ended = threading.Event()
        self._status = 0
        threading.Thread(target=self._reap, name=f"reap {pid}", daemon=True).start()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit status. Raises subprocess.TimeoutExpired."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0.0)
        return self._status

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it runs."""
        with contextlib.suppress(ProcessLookupError):
            if not self._ended.is_set():
                os.kill(self.pid, sig)

    def _reap(self) -> None:
        try:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:  # it is no child of ours: nobody can tell how it ended
            self._status = -1
        self._ended.set()


def running_children(groups: Sequence[Iterable[Child]]) -> list[RunningChild]:
    """List the children that run."""
    return [
        RunningChild(plan=child.plan, group=number, pid=child.pid, lifeline=child.lifeline, is_leaving=child.is_leaving)
        for number, group in enumerate(groups)
        for child in group
        if child.pid is not None
    ]


def store(handover: Handover) -> int:
    """Put the state where the next program in this process finds it; gives the descriptor. All that it names is inherited from now on."""
    content = msgspec.json.encode(handover)
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("handover")
    else:
        with tempfile.TemporaryFile() as unnamed:
            descriptor = os.dup(unnamed.fileno())
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    for each in (descriptor, *handover.descriptors()):
        os.set_inheritable(each, True)
    return descriptor


def take_back(handover: Handover, descriptor: int) -> None:
    """Undo `store`: there is no next program."""
    os.close(descriptor)
    for each in handover.descriptors():
        os.set_inheritable(each, False)


def take(descriptor: int) -> Handover:
    """Take the state that the program before this one left. Raises CannotHandOver."""
    with open(descriptor, "rb") as file:
        file.seek(0)
        content = file.read()
    try:
        handover = msgspec.json.decode(content, type=Handover)
    except msgspec.MsgspecError as error:
        raise CannotHandOver(f"The running server's state can't be read: {error}.") from error
    for each in handover.descriptors():
        os.set_inheritable(each, False)
    return handover
