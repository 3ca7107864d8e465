"""The supervisor, over stand-in children that live, die and resist as told."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import wait_until
from unshelf.server.children import Child, ChildPlan
from unshelf.server.supervisor import NeverReady, Supervisor

STAND_IN = """
import os, signal, sys, time
name, manner = sys.argv[1:3]
def note(what):
    with open("notes", "a") as notes:
        notes.write(f"{name} {what} {os.getpid()}\\n")
def stop(*_):
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if manner == "stubborn" else stop)
note("started")
if manner == "doomed":
    sys.exit(3)
if manner == "unlucky" and open("notes").read().count(f"{name} started") < 3:
    sys.exit(4)
while os.read(0, 1):
    pass
note("orphaned")
"""


def plan(name: str, manner: str = "well", *, stop_seconds: float = 60.0) -> ChildPlan:
    return ChildPlan(name=name, command=(sys.executable, "-c", STAND_IN, name, manner), stop_seconds=stop_seconds)


class Running:
    """A supervisor on a thread, and what its children noted."""

    def __init__(self, folder: Path, *groups: list[ChildPlan], ready: Callable[[], bool] | None = None) -> None:
        self.folder = folder
        self.ready = threading.Event()
        self.failure: Exception | None = None
        self.supervisor = Supervisor(groups, folder, os.environ)
        names = [child.name for group in groups for child in group]
        is_ready = ready or (lambda: all(self.pids(name) for name in names))
        self._thread = threading.Thread(target=self._run, args=(is_ready,))
        self._thread.start()

    def notes(self) -> list[tuple[str, str, int]]:
        path = self.folder / "notes"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(name, what, int(pid)) for name, what, pid in (line.split() for line in lines)]

    def pids(self, name: str) -> list[int]:
        return [pid for noted, what, pid in self.notes() if (noted, what) == (name, "started")]

    def stop(self) -> None:
        self.supervisor.stop()
        self.ended()

    def ended(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self, is_ready: Callable[[], bool]) -> None:
        try:
            self.supervisor.run(is_ready, self.ready.set)
        except NeverReady as error:
            self.failure = error


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*groups: list[ChildPlan], ready: Callable[[], bool] | None = None) -> Running:
        started.append(Running(tmp_path, *groups, ready=ready))
        return started[-1]

    yield start
    for running in started:
        running.stop()


def test_ready_is_said_once_all_is_ready(supervise: Callable[..., Running]) -> None:
    open_gate = threading.Event()
    running = supervise([plan("gateway")], [plan("host")], ready=open_gate.is_set)
    wait_until(lambda: running.pids("gateway") and running.pids("host"))
    assert not running.ready.is_set()
    open_gate.set()
    assert running.ready.wait(60)


def test_what_is_killed_is_started_again_at_once_and_the_others_go_on(supervise: Callable[..., Running]) -> None:
    running = supervise([plan("gateway")], [plan("control")])
    assert running.ready.wait(60)
    os.kill(running.pids("control")[0], signal.SIGKILL)
    wait_until(lambda: len(running.pids("control")) == 2)
    assert len(running.pids("gateway")) == 1


def test_a_child_that_needs_several_starts_gets_them(supervise: Callable[..., Running]) -> None:
    running = supervise([plan("control", "unlucky")], ready=lambda: False)
    wait_until(lambda: len(running.pids("control")) == 3)
    time.sleep(0.3)
    assert len(running.pids("control")) == 3


def test_a_child_that_never_lives_ends_the_start(supervise: Callable[..., Running]) -> None:
    running = supervise([plan("gateway")], [plan("control", "doomed")], ready=lambda: False)
    running.ended()
    assert str(running.failure) == "control ended 4 times with status 3"
    assert [what for name, what, _ in running.notes() if name == "gateway"] == ["started", "stopped"]


def test_stopping_goes_group_by_group_and_leaves_nothing(supervise: Callable[..., Running]) -> None:
    running = supervise([plan("gateway-0"), plan("gateway-1")], [plan("control")], [plan("host")])
    assert running.ready.wait(60)
    running.stop()
    stopped = [name for name, what, _ in running.notes() if what == "stopped"]
    assert sorted(stopped[:2]) == ["gateway-0", "gateway-1"]
    assert stopped[2:] == ["control", "host"]
    assert not [pid for _, what, pid in running.notes() if what == "started" and psutil.pid_exists(pid)]


def test_one_that_does_not_stop_is_killed_after_its_time(supervise: Callable[..., Running]) -> None:
    running = supervise([plan("gateway", "stubborn", stop_seconds=0.3)], [plan("host")])
    assert running.ready.wait(60)
    running.stop()
    assert ("host", "stopped") in [(name, what) for name, what, _ in running.notes()]
    assert not psutil.pid_exists(running.pids("gateway")[0])


def test_stopping_while_one_waits_for_its_next_start(supervise: Callable[..., Running]) -> None:
    running = supervise([plan("gateway")], ready=lambda: True)
    assert running.ready.wait(60)
    for deaths in range(1, 4):
        wait_until(lambda: len(running.pids("gateway")) == deaths)  # noqa: B023 -- called before the next turn
        os.kill(running.pids("gateway")[-1], signal.SIGKILL)
    running.stop()


def test_children_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    """Each holds only the read end of its own lifeline; held by a sibling too, it would never read end of file."""
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; from test_supervisor import plan; from unshelf.server.supervisor import Supervisor\n"
        "Supervisor([[plan('gateway')], [plan('control')], [plan('host')]], Path(sys.argv[2]), os.environ).run(lambda: False, print)"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path)]
    with subprocess.Popen(command) as supervisor:
        notes = tmp_path / "notes"
        wait_until(lambda: notes.exists() and notes.read_text().count("started") == 3)
        supervisor.kill()
    wait_until(lambda: notes.read_text().count("orphaned") == 3)
    pids = [int(line.split()[2]) for line in notes.read_text().splitlines()]
    wait_until(lambda: not [pid for pid in pids if psutil.pid_exists(pid)])


def test_restarts_begin_at_once_and_then_take_their_time(tmp_path: Path) -> None:
    deaths: queue.SimpleQueue[Child] = queue.SimpleQueue()
    child = Child(plan("control", "doomed"), tmp_path, os.environ, on_death=deaths.put)
    for pause in (0.0, 0.4, 0.8, 1.6, 2.0):
        child.start()
        assert deaths.get(timeout=60) is child
        before = time.monotonic()
        assert child.buried() == 3
        assert child.restart_at is not None
        assert before <= child.restart_at - pause + 1e-6 <= time.monotonic() + 2e-6


@pytest.mark.long
def test_a_child_that_lives_and_does_not_answer_is_killed_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unshelf.runtime.heartbeat.SILENT_LOOKS", 3)
    beats = "import os, pathlib, time\nwhile True:\n    pathlib.Path('a.alive').touch(); time.sleep(0.2)"
    plan = ChildPlan(name="a", command=(sys.executable, "-c", beats), stop_seconds=60.0, heartbeat="a.alive")
    supervisor = Supervisor([[plan]], tmp_path, os.environ)
    thread = threading.Thread(target=supervisor.run, args=((tmp_path / "a.alive").exists, lambda: None))
    thread.start()
    try:
        ((child,),) = supervisor.groups
        wait_until((tmp_path / "a.alive").exists)
        first = child.pid
        assert first is not None
        time.sleep(4)
        assert child.pid == first, "one that beats is left alone"
        os.kill(first, signal.SIGSTOP)
        wait_until(lambda: child.pid not in (None, first))
        wait_until((tmp_path / "a.alive").exists)
    finally:
        supervisor.stop()
        thread.join()
