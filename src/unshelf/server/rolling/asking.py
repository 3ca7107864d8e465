"""How `unshelf reload` asks the server of a home folder for a change, and hears of it: JSON lines over a private socket."""

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import Home
from unshelf.runtime.file_lock import try_shared
from unshelf.server.rolling.check import ChangePlan

SUPERVISOR_SOCKET = "supervisor.sock"
"""The name in the run folder of the socket that the supervisor hears changes on."""
_OF_THE_CALLER = frozenset({"UNSHELF_URL", "UNSHELF_TOKEN", "UNSHELF_HOME", "UNSHELF_TRACEBACK"})
"""Variables that say where a command finds its server: none of them is a setting."""


class ReloadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A change that somebody asks for."""

    python: str
    """The interpreter of the program that is to go on."""
    environment: dict[str, str]
    """The variables of the command that asks."""
    replace: bool = False
    """Whether they take the place of the server's own; else those stay."""
    set: dict[str, str] = {}
    """Variables beside these; an empty value removes one."""
    dry_run: bool = False


class ChangeStep(msgspec.Struct, frozen=True, kw_only=True, tag="step"):
    """A sentence on the way."""

    text: str


class Planned(msgspec.Struct, frozen=True, kw_only=True, tag="planned"):
    """The change as the program that is to go on sees it."""

    plan: ChangePlan
    passed_over: list[str] = []
    """Variables of the command that the server has otherwise, and that were not asked for."""


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The end: all is replaced, or nothing was wanted; or a problem, and in which state the server is."""

    problem: str = ""
    hint: str = ""


Said = ChangeStep | Planned | Done
_said: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


class ReloadOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """All that the server said."""

    plan: ChangePlan
    steps: list[str]
    passed_over: list[str]


def settings_in(environment: Mapping[str, str]) -> dict[str, str]:
    """Choose the variables that are settings of a server."""
    return {
        name: value for name, value in environment.items() if name.startswith("UNSHELF_") and name not in _OF_THE_CALLER
    }


def ask(
    home: Path,
    *,
    replace: bool,
    changed: Mapping[str, str],
    dry_run: bool,
    say: Callable[[str], None],
    planned: Callable[[ChangePlan, list[str]], None],
) -> ReloadOutcome:
    """Ask the server of this home folder for a change, and say what it does, until it is done. Raises UnshelfError."""
    request = ReloadRequest(
        python=sys.executable, environment=dict(os.environ), replace=replace, set=dict(changed), dry_run=dry_run
    )
    with _connected(Home(home)) as connection:
        connection.sendall(msgspec.json.encode(request) + b"\n")
        steps: list[str] = []
        plan, passed_over = ChangePlan(), list[str]()
        with connection.makefile("rb") as lines:
            for line in lines:
                match _said.decode(line):
                    case ChangeStep(text=text):
                        steps.append(text)
                        say(text)
                    case Planned(plan=found, passed_over=names):
                        plan, passed_over = found, names
                        planned(found, names)
                    case Done(problem="", hint=_):
                        return ReloadOutcome(plan=plan, steps=steps, passed_over=passed_over)
                    case Done(problem=problem, hint=hint):
                        raise UnshelfError(problem, code="conflict", hint=hint)
    raise UnshelfError(
        "The server ended before it was done with the change.", code="unavailable",
        hint="Its log says why; `unshelf up` starts it, with the settings that it is given.",
    )  # fmt: skip


def _connected(home: Home) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        with contextlib.chdir(home.run):  # the name of a socket has about a hundred characters at most
            connection.connect(SUPERVISOR_SOCKET)
    except PermissionError:
        connection.close()
        raise UnshelfError(
            f"The server of {home.folder} takes this from its own user alone.", code="forbidden",
            hint="Run the command as the user that `unshelf up` runs as.",
        ) from None  # fmt: skip
    except OSError:
        connection.close()
        raise _nobody(home) from None
    return connection


def _nobody(home: Home) -> UnshelfError:
    with contextlib.suppress(OSError), try_shared(home.lock) as free:
        if not free:
            return UnshelfError(
                f"The server of {home.folder} is of a release that can't change while it runs, or just starts or ends.",
                code="unavailable", hint="Try again in a moment; else stop it and start it with the new program.",
            )  # fmt: skip
    return UnshelfError(
        f"No server runs in {home.folder}.", code="unavailable",
        hint="Name the home folder with --home; `unshelf up` starts a server.",
    )  # fmt: skip
