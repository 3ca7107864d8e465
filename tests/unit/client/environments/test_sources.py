"""Sources of environments: each kind of file as the server takes it."""

from pathlib import Path

import pytest

from unshelf.client.environments.sources import read_source
from unshelf.client.errors import InvalidModel


def test_requirements_of_a_file_and_of_the_command_line_are_asked_for_together(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"numpy>=2  # for arrays\nsix==1.17 --hash=sha256:{'a' * 64}\n-c bounds.txt\n")
    (tmp_path / "bounds.txt").write_text("scipy<2\n")
    found = read_source(["pandas"], path)
    assert found.requirements == ["numpy>=2", f"six==1.17 --hash=sha256:{'a' * 64}", "pandas"]
    assert (found.constraints, found.file, found.lock) == (["scipy<2"], "requirements.txt", "")


def test_a_pylock_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text('lock-version = "1.0"\n')
    assert (read_source([], path).lock, read_source([], path).requirements) == ('lock-version = "1.0"\n', [])
    with pytest.raises(InvalidModel, match="nothing can be added"):
        read_source(["pandas"], path)


def test_what_conda_has_and_no_index_is_said(tmp_path: Path) -> None:
    path = tmp_path / "environment.yml"
    path.write_text("dependencies:\n- python=3.12\n- conda-forge::pytorch=2.1\n- cudatoolkit\n- pip:\n  - six==1.17\n")
    found = read_source([], path)
    assert (found.requirements, found.python) == (["torch==2.1.*", "six==1.17"], "3.12")
    assert any("cudatoolkit" in note for note in found.notes)


def test_the_packages_of_a_uv_lock_are_pinned_with_their_hashes(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "own"\nversion = "1"\ndependencies = ["six"]\n')
    path = tmp_path / "uv.lock"
    path.write_text(
        'version = 1\nrequires-python = ">=3.10"\n'
        '[[package]]\nname = "own"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "six" }]\n'
        '[[package]]\nname = "six"\nversion = "1.17.0"\nsource = { registry = "https://pypi.org/simple" }\n'
        f'wheels = [{{ url = "https://files/six.whl", hash = "sha256:{"b" * 64}", size = 1 }}]\n'
    )
    assert read_source([], path).requirements == [f"six==1.17.0 --hash=sha256:{'b' * 64}"]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="no file"):
        read_source([], tmp_path / "nothing.txt")
