"""The choice of a sandbox: what the setting asks for, and what this machine was seen to give."""

import json
import logging
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from unshelf.host.sandbox import landlock
from unshelf.host.sandbox.sandbox import (
    LandlockSandbox,
    NamespaceSandbox,
    NoSandbox,
    Sandbox,
    UserNamespaceSandbox,
    own_interpreter,
)
from unshelf.host.sandbox.users import RANGES, Users, users_in_use
from unshelf.host.sandbox.walls import Walls, interpreter_folders

logger = logging.getLogger(__name__)

SandboxSetting = Literal["auto", "require", "off"]
_SECONDS = 20.0
_LOOK_AROUND = """
import json, os, sys

def listed(path):
    try:
        return os.listdir(path)
    except OSError:
        return []

status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "user": os.getuid(), "capabilities": int(status["CapEff"], 16) | int(status["CapPrm"], 16),
    "no_new_privileges": int(status["NoNewPrivs"]), "home": bool(listed(os.path.join(sys.argv[1], "run"))),
    "processes": sum(name.isdigit() for name in listed("/proc")),
}))
"""
_MOST_PROCESSES = 2
"""The init process of the sandbox and the program itself."""


class SandboxRequired(Exception):
    """The setting asks for a sandbox, and this machine can't give one."""


def open_sandbox(setting: SandboxSetting, users: str, home: Path) -> Sandbox:
    """Make the sandbox that the setting asks for; `users` is a range `FIRST-LAST` of user ids, empty for the usual ones.

    Blocks for a tenth of a second: a program is run in it and looks around. Raises SandboxRequired."""
    if setting == "off":
        return NoSandbox("UNSHELF_SANDBOX is off")
    reasons: list[str] = []
    for sandbox in _candidates(users, home, reasons):
        if sandbox.kind == "landlock" and setting == "require":
            break
        if not (fault := _fault_of(sandbox, home)):
            if sandbox.reason:
                logger.warning("a weaker sandbox", extra={"kind": sandbox.kind, "reason": sandbox.reason})
            return sandbox
        reasons.append(fault)
    return _none_or_refusal(setting, _in_short(reasons))


def _candidates(users: str, home: Path, reasons: list[str]) -> Iterator[Sandbox]:
    """Yield the kinds of walls to try, the strongest first; `reasons` grows by those for which the ones before would not do."""
    if os.getuid() == 0:
        for ids in [_range(users)] if users else RANGES:
            yield NamespaceSandbox(Users(ids, users_in_use(ids)), home)
    else:
        reasons.append("Unshelf does not run as root")
        yield UserNamespaceSandbox(_in_short(reasons), home)
    if landlock.version():
        yield LandlockSandbox(_in_short(reasons))


def _none_or_refusal(setting: SandboxSetting, reason: str) -> NoSandbox:
    if setting == "require":
        raise SandboxRequired(
            f"UNSHELF_SANDBOX=require, and programs can't be sandboxed here: {reason}. "
            "Run Unshelf on a machine that allows namespaces, as root or of users, or set UNSHELF_SANDBOX=auto."
        )
    logger.warning("no sandbox", extra={"reason": reason})
    return NoSandbox(reason)


def _fault_of(sandbox: Sandbox, home: Path) -> str:
    """Run a program that looks around. What it lacks as a sandbox; empty: nothing."""
    python = own_interpreter()
    folder = home / "run" / f"scratch-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        readable = interpreter_folders(Path(python), home)
        place = sandbox.confine(Walls(scratch=folder, readable=readable))
        command = place.command([python, "-I", "-S", "-c", _LOOK_AROUND, str(home)])
        with tempfile.TemporaryFile() as errors:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, timeout=_SECONDS, check=False,
                env=place.environment({"PATH": os.defpath}), start_new_session=True,
            )  # fmt: skip
            errors.seek(0)
            said = errors.read(4096).decode(errors="replace").strip()
        place.release()
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        return said or f"the program that tries it ended with status {done.returncode}"
    found = json.loads(done.stdout)
    if found["user"] != place.user or found["capabilities"] or not found["no_new_privileges"]:
        return "a program in it keeps rights that it should not have"
    if found["home"] or found["processes"] > _MOST_PROCESSES:
        return "a program in it sees files or processes that it should not see"
    return ""


def _in_short(reasons: Iterable[str]) -> str:
    return "; ".join(
        dict.fromkeys(
            reason.removeprefix("The program can't be started in a sandbox: ").rstrip(".") for reason in reasons
        )
    )


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last) + 1)
