"""What a client without the platform is told: what to install, before anything else is tried."""

import tomllib
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.unit.cli.conftest import Run
from unshelf.cli.platform import server_extra

_MODULES = {
    "grpcio": "grpc", "inotify-simple": "inotify_simple", "prometheus-client": "prometheus_client",
    "protobuf": "google.protobuf", "pydantic-settings": "pydantic_settings",
}  # fmt: skip


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
    assert {_MODULES.get(name, name) for name in server} == set(server_extra._PACKAGES)
