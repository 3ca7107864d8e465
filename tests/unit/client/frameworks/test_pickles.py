"""What a pickle needs is read from its opcodes; nothing of it is run on the client."""

import io
import pickle
import subprocess
import sys
import types
from pathlib import Path

import joblib
import pytest
import sklearn.base
from sklearn.linear_model import LinearRegression

from unshelf.client import frameworks
from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks import pickles
from unshelf.client.frameworks.opcodes import maker_versions


def joblib_bytes(model, *, protocol: int) -> bytes:
    written = io.BytesIO()
    joblib.dump(model, written, protocol=protocol)
    return written.getvalue()


class Trap:
    """Unpickling it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickle_is_never_opened_to_find_out_what_it_is(tmp_path):
    (tmp_path / "trap.pkl").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    saved = frameworks.from_file(tmp_path / "trap.pkl", tmp_path)
    assert saved.contains_code
    assert (saved.loader.kind, saved.loader.format) == ("python", "pickle")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.runs_program
def test_a_pickle_that_needs_its_script_is_told_so(tmp_path):
    script = "class Own:\n    pass\nimport pickle, sys\npickle.dump(Own(), open(sys.argv[1], 'wb'))"
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "own.pkl")], check=True)
    with pytest.raises(InvalidModel, match="from the notebook or script that wrote it") as told:
        frameworks.from_file(tmp_path / "own.pkl", tmp_path)
    assert "unshelf.deploy" in told.value.hint


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a zip", b"\x1f\x8b cut short", b"x not zlib"])
def test_what_is_no_pickle_is_refused(data, tmp_path):
    (tmp_path / "model.pkl").write_bytes(data)
    with pytest.raises(InvalidModel, match=r"model\.pkl"):
        frameworks.from_file(tmp_path / "model.pkl", tmp_path)


def test_a_file_tells_the_scikit_learn_that_made_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sklearn.base, "__version__", "1.5.2")
    data = pickle.dumps([LinearRegression(), LinearRegression()])
    (tmp_path / "old.pkl").write_bytes(data)
    assert frameworks.from_file(tmp_path / "old.pkl", tmp_path).made_with == {"scikit-learn": "1.5.2"}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("dump", [pickle.dumps, joblib_bytes])
def test_the_version_is_read_in_every_protocol(dump, protocol):
    assert maker_versions(dump(LinearRegression(), protocol=protocol)) == {"scikit-learn": sklearn.__version__}
    assert maker_versions(dump({"a": 1}, protocol=protocol)) == {}


def test_functions_by_value_tell_what_they_import_wherever_they_are_in_the_model(tmp_path, monkeypatch):
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    code = """
from sklearn.base import BaseEstimator
class Cleaner(BaseEstimator):
    def transform(self, X):
        import yaml
        return X
    @staticmethod
    def helper():
        from markdown_it import MarkdownIt
def step(x):
    return [__import__("rich.text") for _ in x]
"""
    exec(code, main.__dict__)
    model = {"steps": [main.Cleaner()], "after": {"function": main.step}}
    written = pickles.write(model, tmp_path)
    assert written.format == "cloudpickle"
    assert {"yaml", "markdown_it", "rich.text"} <= set(written.modules)
