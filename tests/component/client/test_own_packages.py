"""Packages from folders, archives and repositories are made wheels here, by the tools that install packages here."""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.support.wheels import write_source
from unshelf.client.bundling.own_packages import OwnPackage, written_package
from unshelf.client.bundling.requirements_file import parse_requirements
from unshelf.client.errors import InvalidModel
from unshelf.client.packages import building


def written(text: str, folder: Path) -> OwnPackage:
    return written_package(parse_requirements([text], folder=folder, origin="r.txt, line 1").requirements[0])


def module_of(package: OwnPackage, name: str) -> str:
    assert isinstance(package.wheel.source, bytes)
    with zipfile.ZipFile(io.BytesIO(package.wheel.source)) as wheel:
        return wheel.read(f"{name}.py").decode()


def commit(folder: Path) -> str:
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.email=a@b.c", "-c", "user.name=n", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.mark.parametrize(
    "text",
    [
        "-e ./source[fast]",
        *(
            pytest.param(each, marks=pytest.mark.long)
            for each in ("./source", "-e ./source", "own_lib @ file://{here}/source")
        ),
    ],
)
def test_a_folder_is_built(text: str, tmp_path: Path) -> None:
    write_source(tmp_path / "source", "own_lib", "2.1", code="VALUE = 7\n")
    package = written(text.replace("{here}", str(tmp_path)), tmp_path)
    assert (package.name, package.version) == ("own-lib", "2.1")
    assert module_of(package, "own_lib") == "VALUE = 7\n"


@pytest.mark.long
@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_a_repository_is_built_at_the_commit_that_is_asked_for(
    tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = write_source(tmp_path / "repository", "own_lib", code="VALUE = 1\n")
    first = commit(repository)
    write_source(repository, "own_lib", code="VALUE = 2\n")
    commit(repository)
    if tool == "uv":
        monkeypatch.setattr(building, "find_spec", lambda name: None)
    assert module_of(written(f"own_lib @ git+file://{repository}@{first}", tmp_path), "own_lib") == "VALUE = 1\n"
    assert module_of(written(f"git+file://{repository}#egg=own_lib", tmp_path), "own_lib") == "VALUE = 2\n"


def test_a_build_that_fails_says_what_the_tool_said(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", "own_lib")
    (source / "own_backend.py").write_text("raise SystemError('no compiler at hand')\n")
    with pytest.raises(InvalidModel) as refused:
        written("./source", tmp_path)
    assert "no compiler at hand" in refused.value.detail
    assert "r.txt, line 1" in refused.value.detail
