"""The supervisor's door: takes requests for a change, has the new program look at them, and only then begins."""

import contextlib
import logging
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from unshelf.runtime.private_socket import listen_privately
from unshelf.server.rolling.asking import SUPERVISOR_SOCKET, ChangeStep, Done, Planned, ReloadRequest, Said, settings_in
from unshelf.server.rolling.changes import variable_of
from unshelf.server.rolling.check import ChangePlan, Question

_CHECK = "unshelf.server.rolling.check"
_CHECK_SECONDS = 3600.0
"""As long as a backup of a large database may take."""
_REQUEST_SECONDS = 10.0
_SHOWN_LINES = 5
KEPT = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "INVOCATION_ID", "JOURNAL_STREAM"})
"""Variables between the server and what manages it, whatever a change says."""
_NOT_TAKEN = frozenset({*KEPT, "MAINPID", "UNSHELF_URL", "UNSHELF_TOKEN", "PWD", "OLDPWD", "SHLVL", "_"})

logger = logging.getLogger(__name__)


class Asker:
    """The connection of who asked for a change; one that hangs up changes nothing."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def say(self, said: Said) -> None:
        """Tell it."""
        with contextlib.suppress(OSError):
            self.connection.sendall(msgspec.json.encode(said) + b"\n")

    def end(self, problem: str = "", hint: str = "") -> None:
        """Tell how it ended, and hang up."""
        self.say(Done(problem=problem, hint=hint))
        self.connection.close()


class ReloadDoor:
    """Listens in the run folder, which is the working folder, on a thread of its own; one request at a time."""

    def __init__(
        self,
        question: Callable[[], Question],
        folder: str,
        environment: Mapping[str, str],
        begin: Callable[[str, dict[str, str], ChangePlan, Asker], None],
    ) -> None:
        """`question`: the facts of this server; `folder`: where it was started; `environment`: its variables. `begin` is called, on the
        thread, with the interpreter and the variables of a change that can be made; it ends the connection."""
        self._question = question
        self._folder = folder
        self._environment = environment
        self._begin = begin
        self._busy = threading.Lock()

    def open(self) -> None:
        """Listen."""
        listening = listen_privately(Path(SUPERVISOR_SOCKET))
        threading.Thread(target=self._listen, args=(listening,), name="reload door", daemon=True).start()

    def is_over(self) -> None:
        """Take the next request."""
        with contextlib.suppress(RuntimeError):
            self._busy.release()

    def hold(self) -> None:
        """Take no request until `is_over`."""
        self._busy.acquire(blocking=False)

    def _listen(self, listening: socket.socket) -> None:
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=self._hear, args=(Asker(connection),), name="reload", daemon=True).start()

    def _hear(self, asker: Asker) -> None:
        try:
            asker.connection.settimeout(_REQUEST_SECONDS)
            with asker.connection.makefile("rb") as lines:
                request = msgspec.json.decode(lines.readline(), type=ReloadRequest)
            asker.connection.settimeout(None)
        except (OSError, msgspec.MsgspecError) as error:
            asker.end(f"The request can't be read: {error}.")
            return
        if not self._busy.acquire(blocking=False):
            asker.end("The server just starts, or another change is under way.", "Try again in a moment.")
            return
        try:
            answer = self._take(request, asker)
        except Exception as error:
            logger.exception("a change could not be looked at")
            answer = Done(problem=f"The change could not be looked at: {error}. Nothing was changed.")
        if answer is not None:
            self._busy.release()
            asker.end(answer.problem, answer.hint)

    def _take(self, request: ReloadRequest, asker: Asker) -> Done | None:
        """Look at a request and begin what it asks for; gives the end of one that is not begun."""
        environment = self._environment_of(request)
        asker.say(ChangeStep(text="asking the new program whether it can go on"))
        plan = self._overruled(request) or self._checked(request, environment)
        theirs = {} if request.replace else settings_in(request.environment)
        passed_over = [name for name, value in theirs.items() if environment.get(name, "") != value]
        asker.say(Planned(plan=plan, passed_over=sorted(passed_over)))
        if plan.problem:
            return Done(problem=f"{plan.problem} Nothing was changed.", hint=plan.hint)
        if request.dry_run:
            return Done()
        logger.info("the server changes while it runs", extra={"program": plan.program, "migration": plan.migration})
        self._begin(request.python, environment, plan, asker)
        return None

    def _overruled(self, request: ReloadRequest) -> ChangePlan | None:
        """The refusal of a variable that would be without effect, as the command line of the server has the last word."""
        given = {variable_of(name) for name in self._question().given}
        names = sorted(given & request.set.keys())
        if not names:
            return None
        return ChangePlan(
            problem=f"{', '.join(names)} can't change while the server runs: it was given on the command line of `unshelf up`.",
            hint="Stop the server, and start it with another.",
        )

    def _environment_of(self, request: ReloadRequest) -> dict[str, str]:
        """The variables that the server is to have."""
        chosen = dict(self._environment)
        if request.replace:
            kept = {name: value for name, value in self._environment.items() if name in KEPT}
            chosen = {name: value for name, value in request.environment.items() if name not in _NOT_TAKEN} | kept
        chosen |= request.set
        return {name: value for name, value in chosen.items() if value or name not in request.set}

    def _checked(self, request: ReloadRequest, environment: Mapping[str, str]) -> ChangePlan:
        question = msgspec.structs.replace(self._question(), prepare=not request.dry_run)
        try:
            done = subprocess.run(
                [request.python, "-P", "-m", _CHECK], input=msgspec.json.encode(question), capture_output=True,
                env=dict(environment), cwd=_folder(self._folder), timeout=_CHECK_SECONDS, check=False,
            )  # fmt: skip
            lines: list[Any] = done.stdout.splitlines()
            if done.returncode == 0 and lines:
                return msgspec.json.decode(lines[-1], type=ChangePlan)
        except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError) as error:
            return ChangePlan(problem=f"The new program can't be asked: {error}.")
        words = done.stderr.decode(errors="replace").strip().splitlines()[-_SHOWN_LINES:]
        return ChangePlan(
            problem="The new program can't be asked whether it can go on:\n" + "\n".join(words),
            hint=f"Is Unshelf with its extra `server` installed for {request.python}?",
        )


def _folder(started_in: str) -> str | None:
    return started_in if os.access(started_in, os.X_OK) else None
