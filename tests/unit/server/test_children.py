"""A child: started, buried, started again later and later, and stopped in time or by force."""

import queue
import time
from pathlib import Path

import pytest

from unshelf.server.children import Child, ChildPlan

pytestmark = pytest.mark.runs_program


def child(tmp_path: Path, command: str, deaths: queue.SimpleQueue[Child] | None = None, **plan: object) -> Child:
    """A child that runs a line of the shell."""
    given = {"name": "gateway 0", "command": ("/bin/sh", "-c", command), "stop_seconds": 20.0, **plan}
    on_death = (deaths or queue.SimpleQueue()).put
    return Child(ChildPlan(**given), tmp_path, {"PATH": "/usr/bin:/bin", "SHARED": "1"}, on_death=on_death)  # type: ignore[arg-type]


def test_a_child_that_never_began_has_nothing_to_end(tmp_path: Path) -> None:
    idle = child(tmp_path, "true")
    idle.ask_to_stop()
    assert (idle.pid, idle.restart_at, idle.await_end(time.monotonic())) == (None, None, True)
    with pytest.raises(RuntimeError, match="gateway 0 was never started"):
        idle.buried()


def test_a_death_is_reported_and_reaped_with_its_status(tmp_path: Path) -> None:
    deaths: queue.SimpleQueue[Child] = queue.SimpleQueue()
    dying = child(tmp_path, "exit 3", deaths)
    dying.start()
    assert deaths.get(timeout=60) is dying
    assert (dying.buried(), dying.failures, dying.pid) == (3, 1, None)


def test_deaths_in_a_row_are_followed_by_longer_pauses(tmp_path: Path) -> None:
    deaths: queue.SimpleQueue[Child] = queue.SimpleQueue()
    dying = child(tmp_path, "exit 1", deaths)
    for pause in (0.0, 0.4, 0.8):
        dying.start()
        assert dying.restart_at is None
        deaths.get(timeout=60)
        before = time.monotonic()
        dying.buried()
        assert dying.restart_at is not None
        assert before + pause <= dying.restart_at <= time.monotonic() + pause


def test_a_child_gets_its_folder_and_its_variables(tmp_path: Path) -> None:
    deaths: queue.SimpleQueue[Child] = queue.SimpleQueue()
    noting = child(tmp_path, 'echo "$SHARED $OWN" > noted', deaths, environment={"OWN": "2"})
    noting.start()
    deaths.get(timeout=60)
    noting.buried()
    assert (tmp_path / "noted").read_text() == "1 2\n"


def test_a_child_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    waiting = child(tmp_path, "read line")
    waiting.start()
    assert waiting.pid is not None
    waiting.ask_to_stop()
    assert waiting.await_end(time.monotonic())
    assert waiting.pid is None


def test_a_child_that_does_not_end_is_killed(tmp_path: Path) -> None:
    stubborn = child(tmp_path, "read line", stop_seconds=0.0)
    stubborn.start()
    assert not stubborn.await_end(time.monotonic())
    assert stubborn.pid is None
