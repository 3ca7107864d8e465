"""Requirements are pinned to what is installed here; what people write wins, and may not contradict itself."""

from importlib.metadata import version
from pathlib import Path

import pytest

from unshelf.client.bundling import requirements
from unshelf.client.bundling.requirements import SeenPackages, choose_requirements, imported_distributions
from unshelf.client.bundling.requirements_file import parse_requirements
from unshelf.client.errors import InvalidModel


def chosen(
    names: list[str], given: list[str], *, made_with: dict[str, str] | None = None, python: str | None = None
) -> tuple[list[str], list[str]]:
    written = parse_requirements(given, folder=Path(), origin="given")
    found = choose_requirements(SeenPackages(names=names, made_with=made_with or {}), written, python=python)
    return found.lines, found.notes


def test_names_are_pinned_and_given_requirements_replace_or_add() -> None:
    found, notes = chosen(["scikit-learn", "numpy"], ["NumPy>=2", "six"])
    assert found == ["NumPy>=2", f"scikit-learn=={version('scikit-learn')}", "six"]
    assert notes == []


def test_what_is_not_installed_here_is_not_pinned_and_says_so() -> None:
    found, notes = chosen(["surely-not-installed"], [])
    assert found == ["surely-not-installed"]
    assert "not pinned" in notes[0]


def test_a_build_that_is_published_elsewhere_is_pinned_as_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "_installed", {"pyyaml": "6.0+cpu"}.get)
    assert chosen(["PyYAML"], [])[0] == ["pyyaml==6.0+cpu"]


def test_lines_on_one_package_with_markers_are_all_kept() -> None:
    given = ['idna==3.6 ; python_version < "3.12"', 'idna==3.7 ; python_version >= "3.12"']
    assert chosen([], given)[0] == given


def test_a_line_for_another_system_does_not_take_a_packages_place() -> None:
    found, _ = chosen(["numpy"], ['numpy==1.0 ; sys_platform == "win32"'])
    assert found == ['numpy==1.0 ; sys_platform == "win32"', f"numpy=={version('numpy')}"]


@pytest.mark.parametrize(
    "given",
    [
        ["idna==3.6", "IDNA==3.7"],
        ["idna==3.6", "idna>=3.7"],
        ['idna==3.6 ; python_version >= "3.10"', 'idna==3.7 ; python_version < "3.14"'],
        ["own @ git+https://a.org/own", "own @ git+https://b.org/own"],
    ],
)
def test_lines_that_contradict_each_other_are_refused_by_name(given: list[str]) -> None:
    with pytest.raises(InvalidModel) as refused:
        chosen([], given, python="3.11")
    assert all(line in refused.value.detail for line in given)


@pytest.mark.parametrize(
    "given", [["idna>=3", "idna<4"], ["idna==3.6", "idna==3.6"], ["idna==3.*", "idna==3.7"], ["idna==3.6", "idna"]]
)
def test_lines_that_go_together_are_taken(given: list[str]) -> None:
    assert set(chosen([], given)[0]) == set(given)


def test_markers_count_for_the_python_of_the_environment() -> None:
    given = ['idna==3.6 ; python_version < "3.12"', 'idna==3.7 ; python_version < "3.11"']
    assert chosen([], given, python="3.11")[0] == given
    with pytest.raises(InvalidModel):
        chosen([], given, python="3.10")


def test_the_version_that_a_model_was_made_with_is_taken_with_a_note() -> None:
    found, notes = chosen(["scikit-learn", "numpy", "joblib"], [], made_with={"scikit-learn": "1.5.2"})
    assert found == [f"joblib=={version('joblib')}", "numpy", "scikit-learn==1.5.2"]
    assert any("made with scikit-learn 1.5.2" in note and version("scikit-learn") in note for note in notes)


def test_a_given_version_other_than_the_models_is_noted() -> None:
    found, notes = chosen([], ["scikit-learn==1.9.1"], made_with={"scikit-learn": "1.5.2"})
    assert found == ["scikit-learn==1.9.1"]
    assert "made with scikit-learn 1.5.2" in notes[0]
    assert chosen([], ["scikit-learn>=1.5"], made_with={"scikit-learn": "1.5.2"})[1] == []


def test_the_installed_version_that_a_model_was_made_with_is_no_news() -> None:
    assert chosen(["scikit-learn"], [], made_with={"scikit-learn": version("scikit-learn")})[1] == []


def test_imports_of_code_become_distributions(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os, sklearn.linear_model\nfrom b import x\n")
    (tmp_path / "b.py").write_text("def late():\n    import yaml\n")
    sources = [(name, tmp_path / name) for name in ("a.py", "b.py")]
    names, notes = imported_distributions(sources)
    assert ([name.lower() for name in names], notes) == (["pyyaml", "scikit-learn"], [])


def test_own_modules_in_src_are_no_distributions(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import yaml\nimport mine\nfrom mine.sub import x\n")
    (tmp_path / "m.py").write_text("")
    assert imported_distributions([("predict.py", tmp_path / "a.py"), ("src/mine/sub.py", tmp_path / "m.py")]) == (
        ["PyYAML"],
        [],
    )


def test_imports_that_nothing_here_provides_are_noted_unless_the_code_does_without(tmp_path: Path) -> None:
    text = "import not_here\ntry:\n    import not_here_either\nexcept ImportError:\n    pass\n"
    (tmp_path / "a.py").write_text(text)
    _, notes = imported_distributions([("a.py", tmp_path / "a.py")])
    assert notes == ["a.py imports not_here, which nothing installed here provides."]
