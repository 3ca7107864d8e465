"""Requirements are pinned to what is installed here, and what the user says wins."""

from importlib.metadata import version
from pathlib import Path

import pytest

from unshelf.client.errors import InvalidModel
from unshelf.client.requirements import imported_distributions, parse_requirements, pin


def test_names_are_pinned_and_given_requirements_replace_or_add() -> None:
    found, notes = pin(["scikit-learn", "numpy"], ["NumPy>=2", "six"])
    assert found == ["NumPy>=2", f"scikit-learn=={version('scikit-learn')}", "six"]
    assert notes == []


def test_what_is_not_installed_here_is_not_pinned_and_says_so() -> None:
    found, notes = pin(["surely-not-installed"])
    assert found == ["surely-not-installed"]
    assert "not pinned" in notes[0]


def test_imports_of_code_become_distributions(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os, sklearn.linear_model\nfrom b import x\nfrom . import c\n")
    (tmp_path / "b.py").write_text("def late():\n    import yaml\n")
    sources = [(name, tmp_path / name) for name in ("a.py", "b.py")]
    assert [name.lower() for name in imported_distributions(sources)] == ["pyyaml", "scikit-learn"]


def test_a_requirements_file_is_read_without_its_comments() -> None:
    text = "# top\nnumpy==2.4.6  # why\n\nscikit-learn >=1.5 ; python_version > '3.10'\npandas[parquet]\n"
    assert parse_requirements(text) == [
        "numpy==2.4.6",
        "scikit-learn >=1.5 ; python_version > '3.10'",
        "pandas[parquet]",
    ]


@pytest.mark.parametrize("line", ["-r other.txt", "--index-url https://example.org", "-e .", "!!", "./local"])
def test_what_a_lock_has_no_place_for_is_refused(line: str) -> None:
    with pytest.raises(InvalidModel):
        parse_requirements(line)
