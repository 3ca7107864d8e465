"""The supervisor, over children that are lines of the shell."""

import os
import threading
from pathlib import Path

import pytest

from unshelf.server.children import ChildPlan
from unshelf.server.supervisor import NeverReady, Supervisor

pytestmark = pytest.mark.runs_program


def plan(name: str, command: str) -> ChildPlan:
    return ChildPlan(name=name, command=("/bin/sh", "-c", command), stop_seconds=20.0)


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def test_groups_start_together_and_stop_one_after_the_other(tmp_path: Path) -> None:
    """Given two groups, when all is ready and the end is asked for, then the first ends before the second."""
    waits = "trap 'echo {0} >> ended; exit' TERM; echo {0} >> begun; while :; do read line || exit; done"
    groups = [[plan(name, waits.format(name))] for name in ("gateway", "host")]
    supervisor = Supervisor(groups, tmp_path, os.environ)
    supervisor.run(lambda: len(lines(tmp_path / "begun")) == 2, supervisor.stop)
    assert sorted(lines(tmp_path / "begun")) == ["gateway", "host"]
    assert lines(tmp_path / "ended") == ["gateway", "host"]


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    dies_once = "echo x >> begun; [ $(wc -l < begun) -gt 1 ] || exit 1; read line"
    supervisor = Supervisor([[plan("gateway", dies_once)]], tmp_path, os.environ)
    supervisor.run(lambda: len(lines(tmp_path / "begun")) == 2, supervisor.stop)
    assert lines(tmp_path / "begun") == ["x", "x"]


def test_a_child_that_keeps_dying_ends_the_start(tmp_path: Path) -> None:
    ready = threading.Event()
    supervisor = Supervisor([[plan("host", "exit 7")]], tmp_path, os.environ)
    with pytest.raises(NeverReady, match="host ended 4 times with status 7"):
        supervisor.run(lambda: False, ready.set)
    assert not ready.is_set()
