"""The first process reaps what is orphaned, passes signals on, and ends as its child does."""

import os
import signal
import subprocess
import sys

import pytest

from unshelf.server.service.first_process import run_reaping

pytestmark = pytest.mark.runs_program

# A subreaper gets the orphans below it, as the first process of a container does.
STORY = """
import ctypes, os, signal, sys, time
from unshelf.server.service.first_process import reap_until_end
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
child = os.fork()
if child == 0:
    if sys.argv[1] == "signal":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
        print("waiting", flush=True)
        while True:
            signal.pause()
    for _ in range(3):
        middle = os.fork()
        if middle == 0:
            if os.fork() == 0:
                os._exit(0)  # the orphan
            os._exit(0)
        os.waitpid(middle, 0)
    reaper = os.getppid()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        pids = open(f"/proc/{reaper}/task/{reaper}/children").read().split()
        if pids == [str(os.getpid())]:
            os._exit(7)  # it has no child but this one: all orphans are reaped
        time.sleep(0.01)
    os._exit(1)
sys.exit(reap_until_end(child))
"""


def story(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", STORY, *arguments], stdout=subprocess.PIPE, text=True)


def test_orphans_are_reaped_and_the_status_is_the_childs() -> None:
    with story("orphans") as process:
        assert process.wait(30) == 7


@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_signals_reach_the_child(number: int) -> None:
    with story("signal") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        assert process.wait(30) == 9


def test_another_process_than_the_first_serves_itself() -> None:
    assert os.getpid() != 1
    assert run_reaping(lambda: os.getpid()) == os.getpid()
