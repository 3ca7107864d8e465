"""What is in a sandbox ends with the host, whatever it does, and has nothing of the host's in its hands."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.processes import matching
from tests.support.waiting import wait_until
from unshelf.host.sandbox.backends import open_sandbox
from unshelf.host.sandbox.sandbox import Sandbox, own_interpreter
from unshelf.host.sandbox.walls import Walls, interpreter_folders

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")

STAY = "import time\nprint('up', flush=True)\ntime.sleep(600)\n"
GO_ASIDE = """
import ctypes, os, time
assert not ctypes.CDLL(None).unshare(0x10000000 | 0x20000000)  # users and processes, as a forked worker has them
if os.fork() == 0:
    os.setsid()
    print('up', flush=True)
    time.sleep(600)
%s
"""
"""A program that leaves a process behind which looks like a worker that a zygote forked."""
IGNORE = "import signal\nfor number in (1, 2, 15):\n    signal.signal(number, signal.SIG_IGN)\n" + STAY


class Started:
    """A program that was started in a sandbox as the host does, and the host's end of its report."""

    def __init__(self, sandbox: Sandbox, folder: Path, code: str, *, grace: float, forks: bool) -> None:
        scratch = folder / "run" / "scratch-1"
        scratch.mkdir(mode=0o700)
        python = own_interpreter()
        readable = interpreter_folders(Path(python), folder)
        walls = Walls(scratch=scratch, readable=readable, forks_workers=forks, outlives_host_seconds=grace)
        place = sandbox.confine(walls)
        self.report, theirs = os.pipe()
        self.lock = os.open(scratch, os.O_RDONLY)
        command = place.command([python, "-I", "-S", "-c", code], report=theirs, kept=[self.lock])
        self.keeper = subprocess.Popen(
            command,
            env=place.environment({}),
            pass_fds=[theirs, self.lock],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        os.close(theirs)
        os.close(self.lock)
        self.pid: int = json.loads(os.read(self.report, 4096).splitlines()[0])["pid"]
        assert self.keeper.stdout is not None
        self.said = self.keeper.stdout.readline()
        self.all = [self.keeper.pid, *(each.pid for each in psutil.Process(self.keeper.pid).children(recursive=True))]

    def left(self) -> list[int]:
        """Those of its processes that are there."""
        mine = matching(
            psutil.process_iter(), lambda each: each.pid in self.all and each.status() != psutil.STATUS_ZOMBIE
        )
        return [process.pid for process in mine]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    (tmp_path / "run").mkdir()
    started: list[Started] = []

    def begin(code: str, *, grace: float = 0.2, forks: bool = False) -> Started:
        started.append(Started(open_sandbox("require", "", tmp_path), tmp_path, code, grace=grace, forks=forks))
        return started[-1]

    yield begin
    for each in started:
        for pid in each.left():
            with suppress(ProcessLookupError):  # it ended meanwhile
                os.kill(pid, signal.SIGKILL)
        each.keeper.wait(60)
        if each.keeper.stdout is not None:
            each.keeper.stdout.close()


@pytest.mark.parametrize(
    ("code", "forks"),
    [(STAY, False), (IGNORE, False), (STAY, True), (GO_ASIDE % "os.wait()", True), (GO_ASIDE % "", True)],
)
def test_everything_ends_some_time_after_the_host_is_gone(
    start: Callable[..., Started], code: str, forks: bool
) -> None:
    """Given a program that hangs, hears no signal, or has left in namespaces of its own, then it ends when nobody hears of it."""
    started = start(code, forks=forks)
    assert started.said == b"up\n"
    assert len(started.left()) >= 3 - (code == GO_ASIDE % "")
    os.close(started.report)
    started.keeper.wait(60)
    wait_until(lambda: not started.left())


def test_it_lives_on_as_long_as_it_may(start: Callable[..., Started]) -> None:
    started = start(STAY, grace=600)
    os.close(started.report)
    with pytest.raises(subprocess.TimeoutExpired):
        started.keeper.wait(0.5)
    assert len(started.left()) == 3


def test_what_a_zygote_left_behind_ends_when_its_keeper_is_asked_to(start: Callable[..., Started]) -> None:
    started = start(GO_ASIDE % "", forks=True)
    wait_until(lambda: not psutil.pid_exists(started.pid))
    assert started.left(), "workers of a zygote live on when it ends"
    started.keeper.send_signal(signal.SIGTERM)
    started.keeper.wait(60)
    wait_until(lambda: not started.left())
    os.close(started.report)


def test_a_program_has_none_of_the_hosts_descriptors(start: Callable[..., Started]) -> None:
    """Given a descriptor of a folder outside, or of the host's ear, then a program could go up from it, or forge its own end."""
    code = "import os\nprint(sorted(n for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')), flush=True)\n"
    started = start(code + STAY)
    assert started.said == b"['0', '1', '2']\n"
    os.close(started.report)


def test_a_program_that_crashes_hands_nothing_to_the_machines_handler_of_core_dumps(
    start: Callable[..., Started],
) -> None:
    """Given that such a handler runs as root, then a program can't have itself dumped."""
    started = start("import resource\nprint(resource.getrlimit(resource.RLIMIT_CORE), flush=True)\n" + STAY)
    assert started.said == b"(0, 0)\n"
    os.close(started.report)


def test_a_build_ends_with_the_host(tmp_path: Path) -> None:
    """Given a program that the host waits for without a report, then it ends at once when the host is killed."""
    (tmp_path / "run").mkdir()
    scratch = tmp_path / "run" / "scratch-1"
    scratch.mkdir()
    python = own_interpreter()
    walls = Walls(scratch=scratch, readable=interpreter_folders(Path(python), tmp_path))
    place = open_sandbox("require", "", tmp_path).confine(walls)
    command = [str(word) for word in place.command([python, "-I", "-S", "-c", STAY])]
    host = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess; subprocess.run({command!r}, env={place.environment({})!r})"],
        stdout=subprocess.PIPE,
    )
    assert host.stdout is not None
    assert host.stdout.readline() == b"up\n"
    inside = psutil.Process(host.pid).children(recursive=True)
    assert len(inside) == 3
    host.kill()
    host.communicate(timeout=60)
    wait_until(lambda: not [each for each in inside if each.is_running() and each.status() != "zombie"])
