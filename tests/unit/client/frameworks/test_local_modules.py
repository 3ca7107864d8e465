"""The maker's own files are found by their imports, packages and relative imports included, and copied as they lie."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.local_modules import copy, is_local, path_of


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "source"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def test_every_file_that_is_imported_comes_along(source: Path, tmp_path: Path) -> None:
    write(source, start_of_test="import json\nfrom pack_of_test import model\nimport numpy.linalg\n", unused_of_test="")
    write(
        source,
        pack_of_test__model="from . import factor\nfrom .deep import value\n",
        pack_of_test__factor="",
        pack_of_test__deep="value = 1\n",
    )
    (source / "pack_of_test" / "__init__.py").touch()
    importlib.import_module("start_of_test")
    code = copy(["start_of_test"], tmp_path / "bundle")
    assert sorted(code.files) == [
        "pack_of_test/__init__.py", "pack_of_test/deep.py", "pack_of_test/factor.py", "pack_of_test/model.py", "start_of_test.py",
    ]  # fmt: skip
    assert {"json", "numpy.linalg"} <= code.imports
    assert (tmp_path / "bundle" / "pack_of_test" / "deep.py").read_text() == "value = 1\n"


def test_local_are_files_of_the_user_alone(source: Path) -> None:
    write(source, mine_of_test="")
    importlib.import_module("mine_of_test")
    assert [is_local(name) for name in ("mine_of_test", "json", "numpy", "__main__", "not_imported")] == [
        True, False, False, False, False,
    ]  # fmt: skip
    assert path_of("mine_of_test") == "mine_of_test.py"
    with pytest.raises(InvalidModel, match="json is no file of your own"):
        path_of("json")


def test_a_file_that_python_can_not_read_is_named_with_its_line(source: Path, tmp_path: Path) -> None:
    write(source, start_of_test="")
    importlib.import_module("start_of_test")
    write(source, start_of_test="x = 1\nimport\n")
    with pytest.raises(InvalidModel, match=r"start_of_test\.py, line 2"):
        copy(["start_of_test"], tmp_path / "bundle")
