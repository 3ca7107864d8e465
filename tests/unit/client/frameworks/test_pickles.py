"""What a pickle needs is read from its opcodes; nothing of it is run on the client."""

import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from unshelf.client import frameworks
from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.opcodes import imported_modules


class Trap:
    """Unpickling it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("protocol", range(6))
def test_modules_are_read_in_every_protocol(protocol):
    model = make_pipeline(StandardScaler(), RandomForestClassifier(2))
    found = imported_modules(pickle.dumps([model, np.arange(3)], protocol))
    assert {"sklearn.pipeline", "sklearn.ensemble._forest"} <= set(found)
    assert any(module.startswith("numpy") for module in found)


@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)], ids=str)
def test_modules_are_read_between_the_arrays_of_joblib(compress, tmp_path):
    X, y = load_digits(return_X_y=True)
    path = tmp_path / "model.joblib"
    joblib.dump(
        make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=0)).fit(X, y), path, compress=compress
    )
    saved = frameworks.from_file(path, tmp_path)
    assert (saved.loader.kind, saved.loader.format) == ("sklearn", "joblib")
    assert saved.requirements == ["joblib", "numpy", "scikit-learn"]


def test_a_pickle_is_never_opened_to_find_out_what_it_is(tmp_path):
    (tmp_path / "trap.pkl").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    saved = frameworks.from_file(tmp_path / "trap.pkl", tmp_path)
    assert saved.contains_code
    assert (saved.loader.kind, saved.loader.format) == ("python", "pickle")
    assert not (tmp_path / "sprung").exists()


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
