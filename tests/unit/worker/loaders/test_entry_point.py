"""Entries of a bundle's own code: imported as the module they are, or beside an installed one of the same name."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.worker.errors import CannotLoad
from unshelf.worker.loaders.entry_point import import_entry


@pytest.fixture(autouse=True)
def modules_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_function_in_a_package_finds_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "pricing_of_ours").mkdir()
    (tmp_path / "pricing_of_ours" / "factor.py").write_text("FACTOR = 3\n")
    (tmp_path / "pricing_of_ours" / "model.py").write_text(
        "from pricing_of_ours.factor import FACTOR\ndef predict(x): return x * FACTOR\n"
    )
    predict = import_entry(tmp_path, "pricing_of_ours/model.py:predict")
    assert (predict(2), predict.__module__) == (6, "pricing_of_ours.model")


def test_modules_in_src_are_found_from_the_root_and_from_src_itself(tmp_path: Path) -> None:
    (tmp_path / "src" / "churn_of_ours").mkdir(parents=True)
    (tmp_path / "src" / "churn_of_ours" / "model.py").write_text("def predict(x): return x + 1\n")
    (tmp_path / "predict_of_ours.py").write_text("from churn_of_ours.model import predict\n")
    assert import_entry(tmp_path, "predict_of_ours.py:predict")(1) == 2
    entry = import_entry(tmp_path, "src/churn_of_ours/model.py:predict")
    assert entry is sys.modules["churn_of_ours.model"].predict


def test_a_package_that_is_called_src_stays_one(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "__init__.py").touch()
    (tmp_path / "src" / "model.py").write_text("def predict(x): return x\n")
    assert import_entry(tmp_path, "src/model.py:predict").__module__ == "src.model"
    assert str(tmp_path / "src") not in sys.path


def test_a_file_named_like_an_installed_module_is_imported_beside_it(tmp_path: Path) -> None:
    import json

    (tmp_path / "json.py").write_text("def predict(x): return 'ours'\n")
    assert import_entry(tmp_path, "json.py:predict")(1) == "ours"
    assert sys.modules["json"] is json


@pytest.mark.parametrize("entry", ["gone.py:predict", "predict.txt:predict", "", "folder:predict"])
def test_an_entry_that_names_no_file_is_refused_with_an_example(tmp_path: Path, entry: str) -> None:
    (tmp_path / "predict.txt").touch()
    with pytest.raises(CannotLoad, match="names no Python file") as refused:
        import_entry(tmp_path, entry)
    assert "predict.py:predict" in refused.value.hint


def test_a_name_that_the_file_does_not_define_is_refused(tmp_path: Path) -> None:
    (tmp_path / "only_here.py").write_text("def other(): ...\n")
    with pytest.raises(CannotLoad, match=r"only_here.py has no 'predict'"):
        import_entry(tmp_path, "only_here.py:predict")
