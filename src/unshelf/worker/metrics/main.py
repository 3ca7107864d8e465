"""The program that evaluates a custom metric: a child process runs the function, this one watches its time and writes what it found.

Nothing of the function's runs here, so that whatever it does to its own process, every day gets a value or a sentence that says why not."""

import ctypes
import json
import os
import resource
import select
import signal
import time
from pathlib import Path
from typing import Any

from ..scoring.plan import CHUNKS, PLAN, write_whole
from .evaluation import serve

_RESULTS = "results.json"
_SET_PDEATHSIG = 1
_MOST_FAILURES = 2
"""Days on which the child may end or be ended before the days after them are given up, for the same reason."""
_MOST_LINE = 1 << 19
_CHUNK = 1 << 16


def main() -> int:
    """Evaluate all days; the exit status."""
    folder = Path(os.environ[CHUNKS])
    plan = json.loads((folder / PLAN).read_bytes())
    days = evaluated(plan, folder)
    write_whole(Path(os.environ["UNSHELF_OUTPUTS"]) / _RESULTS, json.dumps({"days": days}).encode())
    return 0


def evaluated(plan: "dict[str, Any]", folder: Path) -> "list[dict[str, Any]]":
    """Return what was found of each day of a plan, in its order."""
    days: "list[str]" = plan["days"]
    done: "list[dict[str, Any]]" = []
    failures = 0
    while len(done) < len(days):
        found, problem = _watched(plan, folder, days[len(done) :])
        done += found
        if not problem:
            continue
        failures += 1
        given_up = days[len(done) :] if failures >= _MOST_FAILURES else days[len(done) : len(done) + 1]
        done += [{"day": day, "problem": problem} for day in given_up]
    return done


def _watched(plan: "dict[str, Any]", folder: Path, days: "list[str]") -> "tuple[list[dict[str, Any]], str]":
    """Have a child evaluate days; returns those that it did, and why it did no more."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reader)
            _confine(plan["memory_bytes"])
            serve(plan, folder, days, writer)
        finally:
            os._exit(0)
    os.close(writer)
    try:
        found, problem = _heard(reader, days, plan["seconds"])
    finally:
        os.close(reader)
        for target in (os.killpg, os.kill):
            try:
                target(child, signal.SIGKILL)
            except OSError:
                continue  # it has no group yet, or has ended
        _, status = os.waitpid(child, 0)
    if len(found) == len(days):
        return found, ""
    return found, problem or _ended(status)


def _confine(memory_bytes: int) -> None:
    """Make this process a child that ends with its parent, prints nowhere, and has bounded memory."""
    os.setsid()
    ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _heard(reader: int, days: "list[str]", seconds: float) -> "tuple[list[dict[str, Any]], str]":
    """Return the lines of a child, one a day, up to its end, its day's time, or a line that is none."""
    found: "list[dict[str, Any]]" = []
    buffer = b""
    deadline = time.monotonic() + seconds
    while len(found) < len(days):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            return found, f"The function took longer than the {seconds:g} seconds that it has for a day."
        chunk = os.read(reader, _CHUNK)
        if not chunk:
            return found, ""
        buffer += chunk
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            day = _parsed(line)
            if day is None or len(found) == len(days) or day.get("day") != days[len(found)]:
                return found, "The function wrote into the pipe of the program that evaluates it."
            found.append(day)
            deadline = time.monotonic() + seconds
        if len(buffer) > _MOST_LINE:
            return found, "The metric has more values than are kept of a day."
    return found, ""


def _parsed(line: bytes) -> "dict[str, Any] | None":
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _ended(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        why = ", most likely for its memory" if number == signal.SIGKILL else ""
        return f"The function's process was ended by signal {number}{why}."
    return f"The function ended its process (status {os.WEXITSTATUS(status)})."
