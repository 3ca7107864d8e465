"""A server in the foreground: started from nothing, or going on with what the program before it left."""

import logging
import os
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from unshelf import __version__
from unshelf.contracts.home import HOST_SOCKET, Home, control_socket
from unshelf.runtime.durable import replace_file
from unshelf.server.backups.chosen import note_backends
from unshelf.server.home import ensure_admin_token
from unshelf.server.listening import url_of
from unshelf.server.readiness import Readiness
from unshelf.server.rolling.asking import SUPERVISOR_SOCKET, ChangeStep
from unshelf.server.rolling.changes import values_of
from unshelf.server.rolling.check import ChangePlan, Question
from unshelf.server.rolling.door import Asker, ReloadDoor
from unshelf.server.rolling.handover import (
    GENERATION,
    AdoptedProcess,
    Handover,
    fields_given,
    running_children,
    store,
    take_back,
)
from unshelf.server.rolling.replacement import Replacement
from unshelf.server.running.plans import SECRET_VARIABLES, plans_of
from unshelf.server.running.words import say, say_ready
from unshelf.server.service.systemd import ServiceManager
from unshelf.server.settings import Settings
from unshelf.server.supervisor import Supervisor

_END_SECONDS = 20.0
"""How long the server may take to end beyond what requests in flight have."""
_NEXT_PROGRAM = "unshelf.server.running.take_over"
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class HeldServer:
    """All that a server holds as long as it runs."""

    lock: int
    listening: socket.socket
    grpc: socket.socket | None
    folder: str
    """The working folder in which it was started."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """Settings from its command line."""


def serve(settings: Settings, held: HeldServer, taken: Handover | None = None) -> int:
    """Serve until SIGTERM, SIGINT or SIGHUP; the exit status. `taken`: what the program before this one left."""
    return _Server(settings, held).run(taken)


class _Server:
    def __init__(self, settings: Settings, held: HeldServer) -> None:
        self._settings = settings
        self._in_force: dict[str, Any] = values_of(settings)
        """The settings that the processes have: after a change that failed, those before it."""
        self._held = held
        self._home = Home(settings.home)
        self._variables = dict(os.environ)
        self._environment = {name: value for name, value in os.environ.items() if name not in SECRET_VARIABLES}
        self._manager = ServiceManager(os.environ)

    def run(self, taken: Handover | None) -> int:
        home, settings = self._home, self._settings
        token, url = ensure_admin_token(home), url_of(self._held.listening)
        os.chdir(home.run)  # sockets go by short names relative to it, however deep the home folder lies
        replace_file(home.address, url.encode())
        note_backends(settings)
        accepted = settings.accepted_hosts
        is_ready = Readiness(url, token, host_name=accepted[0] if accepted else None, host_socket=HOST_SOCKET)
        self._door = ReloadDoor(self._question, self._held.folder, self._variables, self._hand_over)
        if taken is None:
            say(f"Unshelf {__version__}  home {home.folder}")
            self._door.hold()
            self._start()
        else:
            self._go_on(taken, is_ready)
        self._door.open()

        def on_ready() -> None:
            say_ready(settings, home, url, token, with_link=not self._manager.is_there)
            self._manager.ready(url)
            self._door.is_over()

        self._stop_on_signals()
        try:
            self._supervisor.run(is_ready, on_ready)
        finally:
            sockets = [
                Path(SUPERVISOR_SOCKET),
                Path(HOST_SOCKET),
                *(Path(control_socket(index)) for index in range(settings.controls)),
            ]
            for name in (home.address, *sockets):
                name.unlink(missing_ok=True)
        logger.info("stopped")
        return 0

    def _start(self) -> None:
        plans = plans_of(self._settings, self._held.listening.fileno())
        self._supervisor = self._supervising(plans)

    def _go_on(self, taken: Handover, is_ready: Callable[[], bool]) -> None:
        """Take the children of the program before this one, and replace them."""
        plans = plans_of(
            self._settings, self._held.listening.fileno(),
            taken=[child.plan.name for child in taken.children],
        )  # fmt: skip
        self._supervisor = self._supervising([[] for _ in plans])
        for each in taken.children:
            child = self._supervisor.add(each.plan, each.group, taken.environment)
            child.adopt(AdoptedProcess(each.pid), each.lifeline)
            child.is_leaving = each.is_leaving
        asker = None if taken.asker is None else Asker(socket.socket(fileno=taken.asker))
        self._door.hold()
        replacement = Replacement(
            self._supervisor, plans, environment=taken.environment, migrates=taken.migrates,
            drain_seconds=taken.settings.get("drain_seconds", self._settings.drain_seconds), is_ready=is_ready, say=partial(_tell, asker),
            done=partial(self._changed, taken, asker), wake_seconds=self._settings.start_seconds,
        )  # fmt: skip
        self._supervisor.work_on(replacement.steps())

    def _supervising(self, plans: Any) -> Supervisor:
        # A caller who connects once no gateway accepts any more is refused, and not left to wait for the end of the host.
        return Supervisor(
            plans, self._home.run, self._environment, on_unserved=self._held.listening.close, on_look=self._manager.beat
        )

    def _changed(self, taken: Handover, asker: Asker | None, problem: str, as_before: bool) -> None:
        """Take note of the end of a change."""
        if problem and as_before:
            self._in_force, self._environment = taken.settings, taken.environment
            if taken.variables:
                self._variables.clear()  # the door has this very table
                self._variables.update(taken.variables)
        self._door.is_over()
        logger.info("the change is over", extra={"program": __version__, "problem": problem})
        if asker is None:
            return
        if not problem:
            asker.end()
        elif as_before:
            asker.end(
                f"{problem[:1].upper()}{problem[1:]}. The processes from before go on.",
                "Its log says why. Mend that, and ask again.",
            )
        else:
            asker.end(
                f"{problem[:1].upper()}{problem[1:]}. The database is of the new program already: gateways and workers from before "
                "go on with predictions, and control is tried again and again.",
                "Its log says why. Mend that, and ask again; or stop the server and restore the backup.",
            )  # fmt: skip

    def _question(self) -> Question:
        given = {**self._held.given, "home": str(self._settings.home)}
        return Question(
            generation=GENERATION,
            program=__version__,
            given=given,
            settings=self._in_force,
            hands_over=fields_given(),
            prepare=False,
        )

    def _hand_over(self, python: str, variables: dict[str, str], plan: ChangePlan, asker: Asker) -> None:
        """Have another program go on in this process, on the supervisor's thread."""
        self._supervisor.do(partial(self._become, python, variables, plan, asker))

    def _become(self, python: str, variables: dict[str, str], plan: ChangePlan, asker: Asker) -> None:
        held, question = self._held, self._question()
        handover = Handover(
            generation=GENERATION, program=__version__, folder=held.folder, given=question.given, settings=self._in_force,
            environment=self._environment, variables=dict(self._variables), migrates=bool(plan.migration), lock=held.lock,
            listening=held.listening.fileno(), grpc=None if held.grpc is None else held.grpc.fileno(), asker=asker.connection.fileno(),
            children=running_children(self._supervisor.groups),
        )  # fmt: skip
        descriptor = store(handover)
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # the next program unblocks them once it can hear them
        try:
            os.execve(python, [python, "-P", "-m", _NEXT_PROGRAM, str(descriptor)], variables)  # noqa: S606 -- no shell
        except OSError as error:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            take_back(handover, descriptor)
            self._door.is_over()
            asker.end(f"{python} can't be run: {error.strerror}. Nothing was changed.")

    def _stop_on_signals(self) -> None:
        for number in _SIGNALS:
            # nohup: it shall outlive its terminal
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda *_: self._stop())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _stop(self) -> None:
        self._manager.stopping(self._settings.drain_seconds + _END_SECONDS)
        self._supervisor.stop()


def _tell(asker: Asker | None, text: str) -> None:
    logger.info("the server changes: %s", text)
    if asker is not None:
        asker.say(ChangeStep(text=text))
