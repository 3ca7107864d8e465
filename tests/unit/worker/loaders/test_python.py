"""Python code as a model: a function, a class that loads itself, a pickled object; what can't be called is refused."""

import pickle
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from unshelf.worker.errors import CannotLoad
from unshelf.worker.loaders.event_loop import settled
from unshelf.worker.loaders.python import load


@pytest.fixture(autouse=True)
def modules_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def loaded(bundle: Path, code: str, **loader: Any) -> Any:
    (bundle / "entry_of_test.py").write_text(code)
    return load(bundle, {"entry": f"entry_of_test.py:{loader.pop('name', 'predict')}", **loader}, None)


def test_a_function_is_the_model(tmp_path: Path) -> None:
    assert loaded(tmp_path, "def predict(x): return x + 1\n").predict(1) == 2


def test_a_class_loads_from_the_bundle_before_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "weight").write_text("7")
    code = (
        "class Model:\n    def load(self, folder): self.weight = int((folder / 'weight').read_text())\n"
        "    def score(self, x): return x * self.weight\n"
    )
    assert loaded(tmp_path, code, name="Model", method="score").predict(6) == 42


def test_a_class_may_load_without_the_folder_and_be_made_with_arguments(tmp_path: Path) -> None:
    code = (
        "class Model:\n    def __init__(self, factor=1): self.factor = factor\n    def load(self): self.factor += 1\n"
        "    def predict(self, x): return x * self.factor\n"
    )
    assert loaded(tmp_path, code, name="Model").predict(3) == 6
    assert loaded(tmp_path, code, name="Model", options={"init": {"factor": 4}}).predict(3) == 15


def test_a_class_that_was_pickled_is_made_as_one_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Tripling))
    assert load(tmp_path, {"file": "model.pkl"}, None).predict(2) == 6


class Tripling:
    def load(self, folder: Path) -> None:
        assert (folder / "model.pkl").exists()

    def predict(self, x: int) -> int:
        return 3 * x


def test_an_asynchronous_class_is_made_on_the_loop_that_answers_all_its_calls(tmp_path: Path) -> None:
    code = (
        "import asyncio\nclass Model:\n"
        "    def __init__(self): self.loop = asyncio.get_running_loop()\n"
        "    async def load(self, folder):\n        await asyncio.sleep(0)\n        self.seen = [folder.name]\n"
        "    async def predict(self, x):\n        await asyncio.sleep(0)\n        self.seen.append(x)\n"
        "        return self.loop is asyncio.get_running_loop(), list(self.seen)\n"
    )
    model = loaded(tmp_path, code, name="Model")
    assert settled(model.predict(1)) == (True, [tmp_path.name, 1])
    assert settled(model.predict(2)) == (True, [tmp_path.name, 1, 2])


def test_an_object_that_is_called_itself_needs_no_method(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(str.upper))
    assert load(tmp_path, {"file": "model.pkl"}, None).predict("a") == "A"


@pytest.mark.parametrize(
    ("code", "name", "said"),
    [
        ("predict = 3\n", "predict", "is a int, which can't be called"),
        ("class Model: ...\n", "Model", "a Model has no method 'predict'"),
    ],
)
def test_what_can_not_be_called_is_refused(tmp_path: Path, code: str, name: str, said: str) -> None:
    with pytest.raises(CannotLoad, match=said):
        loaded(tmp_path, code, name=name)


def test_a_pickled_object_without_the_method_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Fraction(1, 2)))
    with pytest.raises(CannotLoad, match="a Fraction has no method 'score'"):
        load(tmp_path, {"file": "model.pkl", "method": "score"}, None)


def test_a_loader_without_entry_and_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotLoad, match="needs an entry or a pickle file"):
        load(tmp_path, {}, None)
