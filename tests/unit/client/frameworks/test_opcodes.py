"""Modules of a pickle are read from its opcodes."""

import pickle

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from unshelf.client import frameworks
from unshelf.client.frameworks.opcodes import imported_modules


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
