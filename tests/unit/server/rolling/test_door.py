"""The door of the supervisor and those who ask at it, with a real new program: this one."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import Home
from unshelf.server.home import make_home
from unshelf.server.rolling.asking import ChangeStep, ReloadOutcome, ask
from unshelf.server.rolling.changes import values_of
from unshelf.server.rolling.check import ChangePlan, Question
from unshelf.server.rolling.door import Asker, ReloadDoor
from unshelf.server.rolling.handover import GENERATION
from unshelf.server.settings import Settings

pytestmark = pytest.mark.runs_program


class Scene:
    """A door, and what was begun at it."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        make_home(self.home)
        self.begun: list[tuple[str, dict[str, str], ChangePlan]] = []
        self.said: list[str] = []
        self._settings = values_of(Settings(home=folder, drain_seconds=7.0))
        environment = {**os.environ, "UNSHELF_DRAIN_SECONDS": "7", "NOTIFY_SOCKET": "@manager"}
        self.door = ReloadDoor(self._question, str(folder), environment, self._begin)
        os.chdir(self.home.run)
        self.door.open()

    def ask(
        self, *, replace: bool = False, changed: dict[str, str] | None = None, dry_run: bool = False
    ) -> ReloadOutcome:
        return ask(
            self.home.folder, replace=replace, changed=changed or {}, dry_run=dry_run, say=self.said.append,
            planned=lambda *_: None,
        )  # fmt: skip

    def _question(self) -> Question:
        given = {"home": str(self.home.folder), "port": 8000}
        return Question(generation=GENERATION, program="0", given=given, settings=self._settings, prepare=False)

    def _begin(self, python: str, environment: dict[str, str], plan: ChangePlan, asker: Asker) -> None:
        self.begun.append((python, environment, plan))
        asker.say(ChangeStep(text="begun"))
        asker.end()
        self.door.is_over()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("UNSHELF_")]:
        monkeypatch.delenv(name)
    yield Scene(tmp_path / "home")


def test_a_change_is_looked_at_and_begun_with_the_server_s_variables_and_what_was_set(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSHELF_GATEWAYS", "9")
    outcome = scene.ask(changed={"UNSHELF_MAX_IN_FLIGHT": "5"})
    ((_, environment, plan),) = scene.begun
    assert [change.name for change in plan.settings] == ["UNSHELF_MAX_IN_FLIGHT"]
    assert environment["UNSHELF_DRAIN_SECONDS"] == "7" and "UNSHELF_GATEWAYS" not in environment
    assert (outcome.passed_over, outcome.steps[-1]) == (["UNSHELF_GATEWAYS"], "begun")


def test_a_change_from_the_environment_leaves_what_the_manager_set(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSHELF_GATEWAYS", "9")
    monkeypatch.setenv("MAINPID", "1")
    scene.ask(replace=True)
    ((_, environment, _),) = scene.begun
    assert (environment["UNSHELF_GATEWAYS"], environment["NOTIFY_SOCKET"]) == ("9", "@manager")
    assert "UNSHELF_DRAIN_SECONDS" not in environment and "MAINPID" not in environment


def test_what_is_only_looked_at_or_can_not_be_is_not_begun(scene: Scene) -> None:
    outcome = scene.ask(changed={"UNSHELF_DRAIN_SECONDS": ""}, dry_run=True)
    assert [str(change) for change in outcome.plan.settings] == ["UNSHELF_DRAIN_SECONDS: 7.0 → 10.0"]
    for changed, words in (
        ({"UNSHELF_DRAIN_SECONDS": "soon"}, "UNSHELF_DRAIN_SECONDS"),
        ({"UNSHELF_BLOBS": "s3://elsewhere/x"}, "UNSHELF_BLOBS can't change"),
        ({"UNSHELF_PORT": "1"}, "given on the command line"),
    ):
        with pytest.raises(UnshelfError, match=words) as raised:
            scene.ask(changed=changed)
        assert "Nothing was changed" in raised.value.detail
    assert scene.begun == []


def test_only_one_at_a_time(scene: Scene) -> None:
    scene.door.hold()
    with pytest.raises(UnshelfError, match="another change is under way"):
        scene.ask()
    scene.door.is_over()
    scene.ask()
    assert len(scene.begun) == 1


def test_one_that_hung_up_ends_nothing(scene: Scene) -> None:
    released = threading.Event()
    scene.door._begin = lambda *_: released.set()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("supervisor.sock")
    scene.ask(dry_run=True)
    assert not released.is_set()
