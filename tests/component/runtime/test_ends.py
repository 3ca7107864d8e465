"""Processes and their ends: stop signals, the lifeline to the parent, and locks of processes that were killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from unshelf.runtime.file_lock import locked, try_locked

_LOOP = """
import asyncio
from unshelf.runtime.lifecycle import stop_event

async def main():
    stopping = stop_event(lambda: print("stop", flush=True))
    print("ready", flush=True)
    await stopping.wait()

asyncio.run(main())
print("ended", flush=True)
"""
_THREAD = """
import threading
from unshelf.runtime.lifecycle import terminate_with_parent

terminate_with_parent()
print("ready", flush=True)
threading.Event().wait()
"""
_HOLDER = """
import sys, threading
from pathlib import Path
from unshelf.runtime.file_lock import locked

with locked(Path(sys.argv[1])):
    print("ready", flush=True)
    threading.Event().wait()
"""
_LIMIT = """
import resource
from unshelf.runtime.lifecycle import raise_file_limit
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard // 2, hard))
raise_file_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard))
"""


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def close_lifeline(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None


@pytest.mark.parametrize(
    "end",
    [lambda process: process.terminate(), lambda process: process.send_signal(signal.SIGINT), close_lifeline],
    ids=["SIGTERM", "SIGINT", "lifeline"],
)
def test_a_process_with_a_loop_is_told_to_stop(end: Callable[[subprocess.Popen[str]], None]) -> None:
    process = start(_LOOP)
    end(process)
    assert process.stdout is not None
    assert process.stdout.read() == "stop\nended\n"
    assert process.wait(60) == 0
    process.stdout.close()
    if process.stdin is not None:
        process.stdin.close()


def test_a_process_without_a_loop_is_terminated_with_its_parent() -> None:
    process = start(_THREAD)
    close_lifeline(process)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM


def test_the_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    path = tmp_path / "control.lock"
    process = start(_HOLDER, str(path))
    with try_locked(path) as is_free:
        assert not is_free
    os.kill(process.pid, signal.SIGKILL)
    with locked(path):  # waits for the end of the process
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def test_the_file_limit_is_raised_to_what_is_allowed() -> None:
    done = subprocess.run([sys.executable, "-c", _LIMIT], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "True\n"
