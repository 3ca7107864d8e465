"""`unshelf reload` to a program whose handover is another: what can't be taken over is refused while all is as it was."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import unshelf
from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.steady_load import SteadyLoad
from tests.support.waiting import wait_until
from unshelf.server.rolling.handover import GENERATION

HANDOVER = Path("unshelf/server/rolling/handover.py")
CHILD = "    is_leaving: bool\n"
"""The last field of RunningChild."""
ANOTHER_GENERATION = (f"\nGENERATION = {GENERATION}\n", f"\nGENERATION = {GENERATION + 1}\n")
ANOTHER_FIELD = (CHILD, CHILD + "    of_a_later_release: int\n")
ANOTHER_FIELD_WITH_A_DEFAULT = (CHILD, CHILD + "    of_a_later_release: int = 0\n")
ROWS = {"inputs": [{"a": 1.0, "b": 2.0}]}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("handover")
    with running_platform(folder / "home", gateways="1", drain_seconds="1") as running:
        running.cli("deploy", str(write_model(folder / "adder", name="adder")))
        yield running


def program(folder: Path, before: str, after: str) -> Path:
    """A program that is this one but for a few words of its handover; the folder to import it from."""
    shutil.copytree(Path(unshelf.__file__).parent, folder / "unshelf", ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / HANDOVER).read_text()
    assert text.count(before) == 1
    (folder / HANDOVER).write_text(text.replace(before, after))
    return folder


def reload(platform: Platform, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`unshelf reload` of the program in the folder, with the settings that the server has."""
    environment = {**psutil.Process(platform.process.pid).environ(), "PYTHONPATH": str(folder)}
    command = [*UNSHELF, "--home", str(platform.home), "reload", "--from-environment", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def running(platform: Platform) -> set[tuple[int, float]]:
    """All processes of the server, each by its number and its start."""
    supervisor = psutil.Process(platform.process.pid)
    return {(each.pid, each.create_time()) for each in [supervisor, *supervisor.children(recursive=True)]}


@pytest.mark.parametrize("change", [ANOTHER_GENERATION, ANOTHER_FIELD], ids=["generation", "field"])
def test_a_program_that_can_not_take_over_is_refused_before_anything_changes(
    platform: Platform, tmp_path: Path, change: tuple[str, str]
) -> None:
    """Given load and a program of another generation, or one that needs what this one does not hand over, when the server is to change to
    it, then it is refused with what to do, and each process, file and answer is as it was."""
    other = program(tmp_path / "other", *change)
    load = SteadyLoad(platform, "adder", ROWS, kept=1)
    try:
        wait_until(lambda: len(load.answered) > 10 or load.failed)
        before, supervisor = running(platform), psutil.Process(platform.process.pid).cmdline()
        for arguments in (["--dry-run"], []):
            refused = reload(platform, other, *arguments)
            assert refused.returncode == 1
            said = " ".join(refused.stderr.split())
            assert "can't work beside Unshelf" in said and "Stop the server and start it with the new program" in said
            assert "starting" not in said
        assert before <= running(platform)
        assert psutil.Process(platform.process.pid).cmdline() == supervisor
        assert not list((platform.home / "backups").glob("*"))
        asked = len(load.answered)
        wait_until(lambda: len(load.answered) > asked + 10 or load.failed)
    finally:
        load.end()
    assert load.failed == []


@pytest.mark.long
def test_a_field_with_a_default_is_handed_over_in_both_directions(platform: Platform, tmp_path: Path) -> None:
    """Given a program that hands over more, when the server changes to it and back, then nobody's prediction fails."""
    other = program(tmp_path / "other", *ANOTHER_FIELD_WITH_A_DEFAULT)
    load = SteadyLoad(platform, "adder", ROWS, kept=1)
    try:
        wait_until(lambda: len(load.answered) > 10 or load.failed)
        for folder in (other, Path(unshelf.__file__).parents[1]):
            before = {each.pid for each in platform.processes("control")}
            done = reload(platform, folder)
            assert done.returncode == 0, done.stderr
            (control,) = platform.processes("control")
            assert control.pid not in before and control.environ()["PYTHONPATH"] == str(folder)
            asked = len(load.answered)
            wait_until(lambda asked=asked: len(load.answered) > asked + 10 or load.failed)  # type: ignore[misc]
    finally:
        load.end()
    assert load.failed == []
    planned = platform.cli("--home", str(platform.home), "reload", "--dry-run", "--json")
    assert json.loads(planned.stdout)["plan"]["problem"] == ""
