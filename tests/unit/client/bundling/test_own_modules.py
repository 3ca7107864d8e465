"""Own modules with the names of others are refused or noted, where own code would get the other one."""

from pathlib import Path

import pytest

from unshelf.client.bundling.files import collect
from unshelf.client.bundling.own_modules import notes_on_names
from unshelf.client.errors import InvalidModel

pytestmark = pytest.mark.runs_program


def notes(tmp_path: Path, **files: str) -> list[str]:
    for name, text in files.items():
        path = tmp_path / ((name if name.endswith("__init__") else name.replace("__", "/")) + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return notes_on_names(collect(tmp_path)[0])


@pytest.mark.parametrize("place", ["random", "src__random", "random/__init__"])
def test_a_module_of_pythons_own_name_is_refused_where_own_code_imports_it(place: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidModel) as refused:
        notes(tmp_path, predict="def predict(rows):\n    import random\n", **{place: ""})
    assert "'random'" in refused.value.detail
    assert "predict.py" in refused.value.detail


def test_a_module_of_an_installed_packages_name_is_noted(tmp_path: Path) -> None:
    said = notes(tmp_path, predict="import yaml\n", yaml="")
    assert len(said) == 1
    assert "PyYAML" in said[0]


def test_names_that_nobody_imports_and_relative_ones_are_fine(tmp_path: Path) -> None:
    assert (
        notes(tmp_path, predict="import json\n", calendar="", pricing__random="", pricing__a="from . import random\n")
        == []
    )
