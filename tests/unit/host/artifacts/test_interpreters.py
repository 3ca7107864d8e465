"""The choice of an interpreter: the same minor version, the very same one if it is here, and an answer where there is none."""

import asyncio
import json
import platform
from pathlib import Path
from typing import Any

import pytest

from unshelf.host.artifacts import interpreters as module
from unshelf.host.artifacts.interpreters import Interpreter, Interpreters, interpreter_fits
from unshelf.host.errors import HostFailure
from unshelf.host.subprocesses import CompletedProgram

OWN = platform.python_version()
OWN_MINOR = OWN.rpartition(".")[0]


class StandInUv:
    """uv on a machine with these interpreters: version, implementation, variant."""

    def __init__(self, *listed: tuple[str, str, str], find_status: int = 0) -> None:
        self.listed = [{"version": v, "implementation": i, "variant": k} for v, i, k in listed]
        self.status = 0
        self.find_status = find_status
        self.runs: list[str] = []

    async def run(self, *arguments: str) -> CompletedProgram:
        self.runs.append(arguments[1])
        if arguments[1] == "list":
            return CompletedProgram(status=self.status, output=json.dumps(self.listed), errors="")
        return CompletedProgram(status=self.find_status, output=f"/python/{arguments[-1]}\n", errors="it is broken")


def cpython(*versions: str) -> list[tuple[str, str, str]]:
    return [(version, "cpython", "default") for version in versions]


def choose(uv: StandInUv, wanted: str) -> Interpreter:
    stand_in: Any = uv
    return asyncio.run(Interpreters(stand_in).choose(wanted))


def test_our_own_interpreter_is_chosen_without_looking_for_others() -> None:
    for wanted in (OWN, OWN_MINOR):
        uv = StandInUv()
        assert choose(uv, wanted).version == OWN
        assert uv.runs == []


@pytest.mark.parametrize(("wanted", "chosen"), [("3.90.2", "3.90.2"), ("3.90", "3.90.10"), ("3.90.7", "3.90.10")])
def test_the_very_same_version_else_the_newest_of_its_minor(wanted: str, chosen: str) -> None:
    uv = StandInUv(*cpython("3.90.10", "3.90.2", "3.91.1"))
    assert choose(uv, wanted) == Interpreter(version=chosen, path=Path(f"/python/{chosen}"))


def test_another_patch_of_our_own_minor_version_is_our_own() -> None:
    assert choose(StandInUv(*cpython(f"{OWN_MINOR}.999")), f"{OWN_MINOR}.998").version == OWN


def test_a_version_that_is_not_here_is_refused_with_those_that_are() -> None:
    with pytest.raises(HostFailure, match=r"needs Python 3\.90") as raised:
        choose(StandInUv(*cpython("3.91.1")), "3.90.1")
    assert (raised.value.code, raised.value.step) == ("lock_failed", "lock")
    assert "3.91.1" in raised.value.hint
    assert OWN in raised.value.hint


@pytest.mark.parametrize("wanted", ["", "3", "2.7", "3.9", "3.11.x", "3.11.1.1", "4.0", "3.111", "../3.11", "3.11\n"])
def test_what_is_no_version_that_workers_run_on_is_refused(wanted: str) -> None:
    with pytest.raises(HostFailure, match="can't be used for a model"):
        choose(StandInUv(), wanted)


def test_only_plain_cpythons_are_listed_oldest_first_with_our_own() -> None:
    uv: Any = StandInUv(
        *cpython("3.90.10", "3.90.2", "3.91.0rc1"), ("3.90.3", "pypy", "default"), ("3.90.4", "cpython", "freethreaded")
    )
    assert asyncio.run(Interpreters(uv).versions()) == [OWN, "3.90.2", "3.90.10"]


def test_without_an_answer_of_uv_there_is_our_own() -> None:
    uv: Any = StandInUv(*cpython("3.90.1"))
    uv.status = 2
    assert asyncio.run(Interpreters(uv).versions()) == [OWN]


def test_the_list_is_remembered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        uv: Any = StandInUv()
        interpreters = Interpreters(uv)
        await interpreters.versions()
        await interpreters.versions()
        assert uv.runs == ["list"]
        monkeypatch.setattr(module, "_FRESH_SECONDS", 0.0)
        await interpreters.versions()
        assert uv.runs == ["list", "list"]

    asyncio.run(story())


def test_one_that_is_listed_but_does_not_start_is_told_with_its_words() -> None:
    with pytest.raises(HostFailure, match="does not start") as raised:
        choose(StandInUv(*cpython("3.90.1"), find_status=1), "3.90")
    assert raised.value.log == "it is broken"


def an_environment(folder: Path, leads_to: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "lib" / "python3.11").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.symlink_to(leads_to)
    return python


def test_an_interpreter_fits_while_it_is_there_and_of_the_minor_version_of_its_packages(tmp_path: Path) -> None:
    for name in ("python3.11", "python3.12"):
        (tmp_path / name).touch()
    generic = tmp_path / "python3"
    generic.symlink_to("python3.11")
    assert interpreter_fits(an_environment(tmp_path / "named", f"{tmp_path}/python3.11"))
    assert interpreter_fits(an_environment(tmp_path / "generic", str(generic)))
    assert not interpreter_fits(an_environment(tmp_path / "gone", f"{tmp_path}/gone/python3.11"))
    generic.unlink()
    generic.symlink_to("python3.12")
    assert not interpreter_fits(tmp_path / "generic" / "bin" / "python"), "its packages are those of 3.11"
