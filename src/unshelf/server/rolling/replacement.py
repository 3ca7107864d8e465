"""The replacement of all processes, one kind after the other; what can't be replaced goes back to what it was.

Done by the supervisor beside its other work: each `yield` gives it back its turn. Control comes first, which may have tables to bring up
to date; then the host, whose workers serve until the next host's do; then the gateways, of which the old ones answer what they have."""

import contextlib
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import HOST_SOCKET, control_socket
from unshelf.contracts.protocols.door import door_socket
from unshelf.foundation.host_client import HostLink
from unshelf.server.children import Child, ChildPlan
from unshelf.server.supervisor import Supervisor

SERVING, HOSTING = 0, 1
"""The groups of children: gateways and controls; the host."""
_MOST_FAILURES = 3
_CONTROL_SECONDS = 1800.0
"""How long control may take to serve: it may have a large database to migrate."""
_OTHER_SECONDS = 120.0
_HOST_SECONDS = 10.0
_GATEWAY_SECONDS = 7200.0
"""How long an old gateway may answer what it has: longer than any prediction takes."""
_SPARE_SECONDS = 5.0
_CONNECT_SECONDS = 2.0

logger = logging.getLogger(__name__)

Waiting = Iterator[None]


class CannotReplace(Exception):
    """A process of the new kind does not come to serve."""


class Replacement:
    """Replaces the children that a supervisor has by others."""

    def __init__(
        self,
        supervisor: Supervisor,
        plans: Sequence[Sequence[ChildPlan]],
        *,
        environment: Mapping[str, str],
        migrates: bool,
        drain_seconds: float,
        is_ready: Callable[[], bool],
        say: Callable[[str], None],
        done: Callable[[str, bool], None],
        wake_seconds: float,
    ) -> None:
        """`plans`: the groups of children that there shall be; `environment`: what the old ones have beside their plans.

        `is_ready` tells whether the server answers as a whole. `done` is called at the end: with "", or with the problem and whether all
        is as it was before."""
        self._supervisor = supervisor
        self._plans = plans
        self._environment = environment
        self._migrates = migrates
        self._drain_seconds = drain_seconds
        self._is_ready = is_ready
        self._say = say
        self._done = done
        self._wake_seconds = wake_seconds
        self._undo: list[Callable[[], Waiting]] = []

    def steps(self) -> Waiting:
        """Do it all."""
        old_gateways = self._running("gateway")
        try:
            yield from self._replace_controls()
            yield from self._replace_host()
            yield from self._start_gateways()
            yield from self._until(self._is_ready, "the server", _OTHER_SECONDS)
        except CannotReplace as problem:
            logger.error("the change failed", extra={"reason": str(problem)})
            self._say(f"{problem}; going back")
            for undo in reversed(self._undo):
                yield from undo()
            self._done(str(problem), not self._migrates)
            return
        yield from self._let_go(old_gateways)
        self._done("", False)

    # --- control ---

    def _replace_controls(self) -> Waiting:
        old, plans = self._running("control"), _of("control", self._plans[SERVING])
        if self._migrates:
            self._say(
                "stopping control: the database is brought up to date; predictions go on, the API is away meanwhile"
            )
            yield from self._end_all(old)
        for index in range(max(len(old), len(plans))):
            if index < len(old) and not self._migrates:
                yield from self._end_all([old[index]])
                self._undo.append(lambda was=old[index].plan: self._control_again(was))  # type: ignore[misc]
            if index < len(plans):
                self._say(f"starting {plans[index].name}")
                yield from self._start(plans[index], SERVING, control_socket(index), _CONTROL_SECONDS)

    def _control_again(self, plan: ChildPlan) -> Waiting:
        yield from self._end_all([child for child in self._running("control") if child.plan.name == plan.name])
        self._supervisor.add(plan, SERVING, self._environment).start()

    def _end_all(self, children: Sequence[Child]) -> Waiting:
        for child in children:
            child.leave(signal.SIGTERM, seconds=child.plan.stop_seconds)
        yield from self._gone(children)

    # --- the host ---

    def _replace_host(self) -> Waiting:
        (plan,) = _of("host", self._plans[HOSTING])
        served = self._served()
        for old in self._running("host"):
            self._undo.append(lambda was=old.plan: self._host_again(was))  # type: ignore[misc]
            yield from self._leave_host(old)
        self._say("starting the host; the workers of the old one serve until its own do")
        yield from self._start(plan, HOSTING, HOST_SOCKET, _OTHER_SECONDS)
        yield from self._wake(served)

    def _host_again(self, plan: ChildPlan) -> Waiting:
        for new in self._running("host"):
            yield from self._leave_host(new)
        self._supervisor.add(plan, HOSTING, self._environment).start()

    def _leave_host(self, host: Child) -> Waiting:
        host.leave(seconds=_HOST_SECONDS)
        yield from self._gone([host])

    def _served(self) -> list[tuple[str, int]]:
        """The versions that workers serve now."""
        with contextlib.suppress(UnshelfError):
            replicas = HostLink(Path(HOST_SOCKET)).replicas()
            return sorted({(each.model, each.version) for each in replicas if each.state == "serving"})
        return []

    def _wake(self, versions: Sequence[tuple[str, int]]) -> Waiting:
        """Have the new host serve what the old one did, so that new gateways find workers. One that can't be is left to who asks for it."""
        host, woken = HostLink(Path(HOST_SOCKET), wake_seconds=self._wake_seconds), threading.Event()

        def wake() -> None:
            for model, version in versions:
                try:
                    host.wake(model, version)
                except UnshelfError as error:
                    logger.warning(
                        "a version could not be woken",
                        extra={"reference": f"{model}:{version}", "reason": error.detail},
                    )
            woken.set()

        if versions:
            self._say(f"starting workers for {_counted(len(versions), 'version')}")
            threading.Thread(target=wake, name="wake versions", daemon=True).start()
            while not woken.is_set():
                yield

    # --- gateways ---

    def _start_gateways(self) -> Waiting:
        self._undo.append(self._without_new_gateways)
        self._new_gateways: list[Child] = []
        for plan in _of("gateway", self._plans[SERVING]):
            self._say(f"starting {plan.name}")
            child = self._supervisor.add(plan, SERVING)
            self._new_gateways.append(child)
            index = int(plan.name.split()[1])
            yield from self._started(child, door_socket(index), _OTHER_SECONDS)

    def _without_new_gateways(self) -> Waiting:
        for child in self._new_gateways:
            child.leave(seconds=_GATEWAY_SECONDS)
        yield

    def _let_go(self, old: Sequence[Child]) -> Waiting:
        self._say(f"{_counted(len(old), 'old gateway')} answer{'s' if len(old) == 1 else ''} what is in flight")
        for child in old:
            child.leave(seconds=_GATEWAY_SECONDS)
        until = time.monotonic() + self._drain_seconds + _SPARE_SECONDS
        while any(child.pid is not None for child in old) and time.monotonic() < until:
            yield
        left = [child for child in old if child.pid is not None]
        if left:
            self._say(
                f"{_counted(len(left), 'old gateway')} still answer{'s' if len(left) == 1 else ''}; ends with the last"
            )

    # --- what all have in common ---

    def _running(self, kind: str) -> list[Child]:
        return [
            child
            for group in self._supervisor.groups
            for child in group
            if child.plan.name.split()[0] == kind and not child.is_leaving
        ]

    def _start(self, plan: ChildPlan, group: int, socket_name: str, seconds: float) -> Waiting:
        yield from self._started(self._supervisor.add(plan, group), socket_name, seconds)

    def _started(self, child: Child, socket_name: str, seconds: float) -> Waiting:
        """Start a child and wait until it serves at its socket."""
        child.start()
        began, pid = time.monotonic(), child.pid
        while child.pid != pid or not _answers(socket_name):
            if child.failures >= _MOST_FAILURES or time.monotonic() - began > seconds:
                why = f"ended {child.failures} times" if child.failures else f"did not serve within {seconds:g} s"
                raise CannotReplace(f"the new {child.plan.name} {why} (the server's log says more)")
            if child.pid is not None:
                pid = child.pid
            yield

    def _until(self, condition: Callable[[], bool], who: str, seconds: float) -> Waiting:
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise CannotReplace(f"{who} was not ready within {seconds:g} s")
            yield

    def _gone(self, children: Sequence[Child]) -> Waiting:
        """Wait for the end of children that were asked to leave; who does not is killed by the supervisor."""
        while any(child.pid is not None for child in children):
            yield
        for child in children:
            self._supervisor.forget(child)


def _of(kind: str, plans: Sequence[ChildPlan]) -> list[ChildPlan]:
    return [plan for plan in plans if plan.name.split()[0] == kind]


def _answers(socket_name: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_CONNECT_SECONDS)
        return connection.connect_ex(socket_name) == 0


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
