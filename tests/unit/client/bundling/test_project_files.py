"""Project files of a folder state its requirements where unshelf.toml names none; what can't be mapped is noted or refused."""

from importlib.metadata import version
from pathlib import Path

import pytest

from unshelf.client.bundling.bundle import Bundle, DeployOptions
from unshelf.client.bundling.folder import bundle_path
from unshelf.client.bundling.project_files import read_project
from unshelf.client.bundling.requirements import marker_environment
from unshelf.client.errors import InvalidModel

CONDA = """
name: model
channels: [conda-forge]
dependencies:
  - python=3.12
  - numpy=1.26
  - conda-forge::py-xgboost==2.0.3
  - scikit-learn>=1.4,<2
  - pandas=2.2.1=py312h_0
  - libgomp=13
  - pip
  - pip:
      - six==1.17.0
"""
PYPROJECT = """
[project]
name = "model"
version = "0.1"
requires-python = ">=3.99"
dependencies = ["six>=1.10", "fork[fast]>=1; python_version > '3'", "near"]
[project.optional-dependencies]
plots = ["matplotlib"]
[tool.uv.sources]
fork = { git = "https://git.acme.org/fork", tag = "v1" }
near = { path = "libs/near-1.0-py3-none-any.whl" }
"""


def lines(folder: Path) -> list[str]:
    found = read_project(folder, marker_environment("3.11"))
    assert found is not None
    return [each.line for each in found.written.requirements]


def test_a_conda_environment_is_mapped_and_what_is_no_python_package_noted(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(CONDA)
    found = read_project(tmp_path, marker_environment("3.11"))
    assert found is not None
    assert [each.line for each in found.written.requirements] == [
        "numpy==1.26.*", "xgboost==2.0.3", "scikit-learn>=1.4,<2", "pandas==2.2.1", "six==1.17.0",
    ]  # fmt: skip
    assert found.python == "3.12"
    assert any("libgomp=13" in note for note in found.written.notes)


def test_a_pyproject_is_read_with_the_sources_of_uv(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    found = read_project(tmp_path, marker_environment("3.11"))
    assert found is not None
    assert [each.line for each in found.written.requirements] == [
        "six>=1.10",
        'fork[fast] @ git+https://git.acme.org/fork@v1 ; python_version > "3"',
        "near @ ./libs/near-1.0-py3-none-any.whl",
    ]
    said = " ".join(found.written.notes)
    assert "plots" in said
    assert "asks for Python >=3.99" in said


@pytest.mark.parametrize("source", ['{ index = "acme" }', "{ workspace = true }", '[{ index = "a" }]'])
def test_a_source_that_cant_be_followed_is_refused(source: str, tmp_path: Path) -> None:
    text = f'[project]\ndependencies = ["near"]\n[tool.uv.sources]\nnear = {source}\n'
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(InvalidModel, match="near"):
        read_project(tmp_path, marker_environment("3.11"))


def test_the_first_file_counts_and_the_others_are_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "requirements.txt").write_text("six==1.16.0\n")
    assert lines(tmp_path) == ["six==1.16.0"]
    found = read_project(tmp_path, marker_environment("3.11"))
    assert found is not None
    assert "Not read: pyproject.toml" in found.written.notes[0]


@pytest.mark.parametrize("text", ["[tool.ruff]\nline-length = 120\n", "[project]\nname = 'x'\n"])
def test_a_file_that_states_none_is_passed_over(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert read_project(tmp_path, marker_environment("3.11")) is None


def bundled(folder: Path, environment: str = "") -> Bundle:
    (folder / "unshelf.toml").write_text(f'[model]\npredict = "p.py:predict"\n{environment}')
    (folder / "p.py").write_text("import sklearn\nimport yaml\ndef predict(rows): ...\n")
    return bundle_path(folder, DeployOptions())


@pytest.mark.runs_program
def test_ranges_are_pinned_to_what_is_installed_and_what_is_not_named_is_added(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["scikit-learn>=1.5", "six<1"]\n')
    bundle = bundled(tmp_path)
    assert bundle.manifest.requirements == [
        f"pyyaml=={version('PyYAML')}",
        f"scikit-learn=={version('scikit-learn')}",
        "six<1",
    ]
    assert any("pyproject.toml leaves open" in note for note in bundle.notes)


@pytest.mark.runs_program
def test_beside_exact_versions_of_another_environment_nothing_of_this_one_is_pinned(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("scikit-learn==1.5.2\n")
    bundle = bundled(tmp_path)
    assert bundle.manifest.requirements == ["pyyaml", "scikit-learn==1.5.2"]
    assert any("pyyaml" in note for note in bundle.notes)


@pytest.mark.runs_program
def test_unshelf_toml_may_name_any_of_them(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(CONDA)
    (tmp_path / "requirements.txt").write_text("six==1.16.0\n")
    manifest = bundled(tmp_path, '[environment]\nrequirements = "environment.yml"\n').manifest
    assert "numpy==1.26.*" in manifest.requirements
    assert manifest.python == "3.12"
