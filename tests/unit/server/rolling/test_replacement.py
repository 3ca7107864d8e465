"""The replacement of processes, with children that are lines of Python: each listens at its socket."""

import os
import sys
import threading
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from unshelf.server.children import ChildPlan
from unshelf.server.rolling.replacement import Replacement
from unshelf.server.supervisor import Supervisor

pytestmark = pytest.mark.runs_program

CHILD = """
import os, select, signal, socket, sys
name, place, manner = sys.argv[1:]
def note(what):
    with open("notes", "a") as notes:
        notes.write(f"{what} {name}\\n")
def end(number, _):
    note("left" if number == signal.SIGUSR1 else "stopped")
    if os.path.exists(place):
        os.unlink(place)
    os._exit(0)
signal.signal(signal.SIGUSR1, end); signal.signal(signal.SIGTERM, end)
if manner == "fails":
    sys.exit(3)
listening = socket.socket(socket.AF_UNIX)
if os.path.exists(place):
    os.unlink(place)
listening.bind(place); listening.listen()
note("serves")
while True:
    readable, _, _ = select.select([0, listening], [], [])
    if listening in readable:
        listening.accept()[0].close()  # it has nothing to say, at once
    if 0 in readable and not os.read(0, 1):
        break
"""


def plan(name: str, place: str, label: str, manner: str = "well") -> ChildPlan:
    fds = (2,) if name.startswith("gateway") else ()
    command = (sys.executable, "-c", CHILD, label, place, manner)
    return ChildPlan(name=name, command=command, stop_seconds=30.0, fds=fds)


def group(label: str, *, gateway: int, control: str = "well", gateways: str = "well") -> list[list[ChildPlan]]:
    return [
        [
            plan(f"gateway {gateway}", f"door-{gateway}.sock", f"{label}-gateway", gateways),
            plan("control", "control.sock", f"{label}-control", control),
        ],
        [plan("host", "host.sock", f"{label}-host")],
    ]  # fmt: skip


class Scene:
    """A supervisor with old children, which is to have new ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ended: list[tuple[str, bool]] = []
        self.supervisor = Supervisor(group("old", gateway=0), folder, os.environ)
        self._thread = threading.Thread(target=lambda: self.supervisor.run(lambda: True, lambda: None))
        self._thread.start()
        wait_until(lambda: len([note for note in self.notes() if note.startswith("serves")]) == 3)

    def notes(self) -> list[str]:
        path = self.folder / "notes"
        return path.read_text().splitlines() if path.exists() else []

    def replace(self, plans: list[list[ChildPlan]], *, migrates: bool = False) -> None:
        def begin() -> None:
            replacement = Replacement(
                self.supervisor, plans, environment=dict(os.environ), migrates=migrates, drain_seconds=0.0,
                is_ready=lambda: True, say=lambda _: None, done=lambda *how: self.ended.append(how), wake_seconds=1.0,
            )  # fmt: skip
            self.supervisor.work_on(replacement.steps())

        self.supervisor.do(begin)
        wait_until(lambda: bool(self.ended))

    def close(self) -> None:
        self.supervisor.stop()
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.chdir(tmp_path)
    return Scene(tmp_path)


def test_each_serves_before_the_old_gateway_goes(scene: Scene) -> None:
    scene.replace(group("new", gateway=1))
    wait_until(lambda: "left old-gateway" in scene.notes())
    assert scene.notes()[3:] == [
        "stopped old-control", "serves new-control", "left old-host", "serves new-host", "serves new-gateway",
        "left old-gateway",
    ]  # fmt: skip
    assert scene.ended == [("", False)]
    scene.close()
    assert sorted(scene.notes()[9:]) == ["stopped new-control", "stopped new-gateway", "stopped new-host"]


def test_a_gateway_that_does_not_come_to_serve_has_all_go_back(scene: Scene) -> None:
    scene.replace(group("new", gateway=1, gateways="fails"))
    ((problem, as_before),) = scene.ended
    assert "the new gateway 1 ended 3 times" in problem and as_before
    wait_until(
        lambda: scene.notes()[-2:].count("serves old-host") + scene.notes()[-2:].count("serves old-control") == 2
    )
    assert "left old-gateway" not in scene.notes()
    scene.close()
    assert sorted(scene.notes()[-3:]) == ["stopped old-control", "stopped old-gateway", "stopped old-host"]


def test_after_a_migration_the_old_control_does_not_come_back(scene: Scene) -> None:
    scene.replace(group("new", gateway=1, control="fails"), migrates=True)
    assert scene.ended[0][1] is False
    assert scene.notes()[3:] == ["stopped old-control"], "gateway and host go on, control is tried again"
    scene.close()
