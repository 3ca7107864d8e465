"""What a client without the platform is told: what to install, before anything else is tried."""

import tomllib
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.unit.cli.conftest import Run
from unshelf.cli.platform import server_extra
from unshelf.client.errors import UnshelfError


def _without(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == missing else ModuleSpec(name, None)

    monkeypatch.setattr(server_extra, "find_spec", find)


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_command_that_runs_the_platform_says_what_to_install(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without("granian", monkeypatch)
    said = run(command, "--json") if command == "demo" else run(command)
    assert said.code == 1
    assert "unshelf[server]" in said.err
    assert "granian" in said.err


def test_an_older_python_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_extra, "_OLDEST_PYTHON", (4, 0))
    said = run("up")
    assert said.code == 1
    assert "needs Python" in said.err


def test_the_modules_looked_for_are_those_of_the_extra() -> None:
    project = tomllib.loads((Path(__file__).parents[4] / "pyproject.toml").read_text())["project"]
    client = {Requirement(each).name for each in project["dependencies"]}
    server = {Requirement(each).name for each in project["optional-dependencies"]["server"]} - client
    assert {server_extra._IMPORTED_AS.get(name, name) for name in server} == set(server_extra._PACKAGES)


def test_what_is_installed_here_can_be_used() -> None:
    server_extra.require_server("up")


def test_a_package_that_is_too_old_is_named_before_anything_starts(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a NumPy that somebody put in later, when `unshelf up` is typed, then one line says which is wanted."""
    _claim(tmp_path, "numpy", "1.20.0", monkeypatch)
    said = run("up")
    assert said.code == 1
    assert "numpy is 1.20.0, wanted is" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("package", ["pyarrow", "inotify-simple"])
def test_a_package_newer_than_known_is_used_if_it_can_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    _claim(tmp_path, package.replace("-", "_"), "99.0", monkeypatch)
    server_extra.require_server("up")


def test_a_package_newer_than_known_that_cannot_be_imported_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pyarrow 26 beside NumPy 1, of which no package manager knows."""
    _claim(tmp_path, "pyarrow", "99.0", monkeypatch)

    def refuse(name: str) -> None:
        raise ImportError(f"{name} requires NumPy 9.0")

    monkeypatch.setattr(server_extra, "import_module", refuse)
    with pytest.raises(UnshelfError, match=r"pyarrow is 99\.0, wanted is .*pyarrow requires NumPy 9\.0"):
        server_extra.require_server("up")


def _claim(folder: Path, name: str, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a package be of another version than it is."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    monkeypatch.syspath_prepend(str(folder))
