"""A maker's own Python goes into the bundle as the files it is in, or by value where it is in none."""

import importlib
import pickle
import sys
import threading
from pathlib import Path

import pytest

from unshelf.client import frameworks
from unshelf.client.errors import InvalidModel

FILES = {
    "scoring.py": "import numpy as np\nfrom shop import prices\n\n\ndef predict(rows):\n    import pandas\n"
    "    return [prices.of(row) for row in rows]\n",
    "shop/__init__.py": "from .base import Model\n",
    "shop/base.py": "from . import prices\n\n\nclass Model:\n    def __init__(self, factor=2):\n        self.factor = factor\n\n"
    "    def predict(self, rows):\n        return [self.factor * prices.of(row) for row in rows]\n",
    "shop/prices.py": "def of(row):\n    return sum(row)\n",
    "shop/unused.py": "raise RuntimeError('nobody imports this')\n",
    "other.py": "raise RuntimeError('nobody imports this either')\n",
}


@pytest.fixture
def maker(tmp_path, monkeypatch):
    """A folder of somebody's own modules, importable as in their notebook."""
    folder = tmp_path / "maker"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] in ("scoring", "shop")]:
        del sys.modules[name]


@pytest.fixture
def bundle(tmp_path):
    (tmp_path / "bundle").mkdir()
    return tmp_path / "bundle"


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_function_goes_with_what_it_imports_and_nothing_else(maker, bundle):
    saved = frameworks.save(importlib.import_module("scoring").predict, bundle)
    assert (saved.loader.kind, saved.loader.entry) == ("python", "scoring.py:predict")
    assert files_of(bundle) == ["scoring.py", "shop/__init__.py", "shop/base.py", "shop/prices.py"]
    assert {"numpy", "pandas"} <= set(saved.requirements)
    assert saved.contains_code


def test_a_class_that_needs_arguments_is_refused_with_ways_out(bundle):
    class Needy:
        def __init__(self, path, size=3):
            self.path = path

        def predict(self, rows):
            return rows

    with pytest.raises(InvalidModel, match="missing a required argument: 'path'") as refused:
        frameworks.save(Needy, bundle)
    assert "unshelf.deploy(Needy(…))" in refused.value.hint
    assert frameworks.save(Needy, bundle, init={"path": "a"}).loader.options == {"init": {"path": "a"}}
    with pytest.raises(InvalidModel, match="PosixPath is not JSON serializable"):
        frameworks.save(Needy, bundle, init={"path": Path("a")})
    with pytest.raises(InvalidModel, match="unexpected keyword argument 'color'"):
        frameworks.save(Needy, bundle, init={"path": "a", "color": 1})


def test_a_class_without_the_method_is_refused(bundle):
    with pytest.raises(InvalidModel, match="The class Lock has no method 'predict'"):
        frameworks.save(type("Lock", (), {}), bundle)


def test_a_class_of_a_package_is_named_by_its_file(maker, bundle):
    saved = frameworks.save(importlib.import_module("shop").Model, bundle)
    assert saved.loader.entry == "shop/base.py:Model"
    assert files_of(bundle) == ["shop/__init__.py", "shop/base.py", "shop/prices.py"]


def test_an_object_with_state_is_pickled_beside_the_file_of_its_class(maker, bundle):
    saved = frameworks.save(importlib.import_module("shop").Model(factor=3), bundle)
    assert (saved.loader.kind, saved.loader.format, saved.loader.entry) == ("python", "pickle", None)
    assert files_of(bundle) == ["model.pkl", "shop/__init__.py", "shop/base.py", "shop/prices.py"]
    assert pickle.loads((bundle / "model.pkl").read_bytes()).predict([[1, 2]]) == [9]


def test_a_lambda_goes_by_value_with_the_modules_it_uses(maker, bundle):
    pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
    prices = importlib.import_module("shop").prices
    saved = frameworks.save(lambda rows: [prices.of(row) for row in rows], bundle)
    assert saved.loader.format == "cloudpickle"
    assert "cloudpickle" in saved.requirements
    assert "shop/prices.py" in files_of(bundle)


def test_without_cloudpickle_both_ways_out_are_told(bundle, monkeypatch):
    monkeypatch.setattr("unshelf.client.frameworks.pickles.find_spec", lambda name: None)
    with pytest.raises(InvalidModel, match="can't be saved as it is") as told:
        frameworks.save(lambda rows: rows, bundle)
    assert ".py file of its own" in told.value.hint
    assert "pip install cloudpickle" in told.value.hint


def test_what_lives_in_this_process_only_is_told_so(maker, bundle):
    pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
    with pytest.raises(InvalidModel, match="can't be saved") as told:
        frameworks.save(importlib.import_module("shop").Model(factor=threading.Lock()), bundle)
    assert "make that in predict" in told.value.hint


@pytest.mark.parametrize(
    ("model", "says"), [(3, "of the type int, has no method 'predict'"), (pickle, "pickle is a module")]
)
def test_what_is_no_model_is_refused(model, says, bundle):
    with pytest.raises(InvalidModel, match=says):
        frameworks.save(model, bundle)


def test_a_broken_neighbour_is_named_with_its_line(maker, bundle):
    function = importlib.import_module("scoring").predict
    (maker / "shop" / "prices.py").write_text("def of(row:\n")
    with pytest.raises(InvalidModel, match=r"prices\.py, line 1"):
        frameworks.save(function, bundle)
