"""Which format a scikit-learn model is saved in, and whether that counts as code."""

import importlib
import sys

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from unshelf.client import frameworks
from unshelf.client.errors import InvalidModel

pytest.importorskip("skops", reason="skops is not installed")

X, y = np.arange(8.0).reshape(4, 2), np.arange(4.0)


@pytest.fixture
def features(tmp_path, monkeypatch):
    """A module of the user's own with a transformer."""
    (tmp_path / "features.py").write_text(
        "from sklearn.base import BaseEstimator, TransformerMixin\n\n\n"
        "class Doubled(TransformerMixin, BaseEstimator):\n"
        "    def fit(self, X, y=None):\n        self.fitted_ = True\n        return self\n\n"
        "    def transform(self, X):\n        return X * 2\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("features")
    sys.modules.pop("features")


@pytest.fixture
def bundle(tmp_path):
    (tmp_path / "bundle").mkdir()
    return tmp_path / "bundle"


def test_skops_holds_no_code(bundle):
    saved = frameworks.save(LinearRegression().fit(X, y), bundle, method="predict")
    assert saved.loader.file == "model.skops"
    assert not saved.contains_code
    assert saved.notes == []
    assert saved.requirements == ["numpy", "scikit-learn", "skops"]


def test_a_class_of_ones_own_goes_with_its_file_and_counts_as_code(features, bundle):
    model = make_pipeline(features.Doubled(), LinearRegression()).fit(X, y)
    saved = frameworks.save(model, bundle)
    assert saved.loader.format == "skops"
    assert saved.contains_code
    assert saved.loader.options["trusted"] == ["features.Doubled"]
    assert "features.Doubled" in saved.notes[0]
    assert (bundle / "features.py").is_file()


def test_without_skops_it_is_a_pickle_and_the_note_says_how_to_do_better(bundle, monkeypatch):
    monkeypatch.setattr("unshelf.client.frameworks.sklearn.find_spec", lambda name: None)
    saved = frameworks.save(LinearRegression().fit(X, y), bundle)
    assert (saved.loader.file, saved.loader.format) == ("model.pkl", "pickle")
    assert saved.contains_code
    assert "pip install skops" in saved.notes[0]


def test_what_skops_can_not_hold_is_a_pickle_and_the_note_says_why(bundle):
    pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
    model = make_pipeline(FunctionTransformer(lambda rows: rows * 2), LinearRegression()).fit(X, y)
    saved = frameworks.save(model, bundle)
    assert saved.loader.format == "cloudpickle"
    assert "skops can't hold this model" in saved.notes[0]
    assert not (bundle / "model.skops").exists()


def test_a_file_that_is_no_skops_is_refused(tmp_path):
    (tmp_path / "model.skops").write_bytes(b"no zip")
    with pytest.raises(InvalidModel, match="is no skops file"):
        frameworks.from_file(tmp_path / "model.skops", tmp_path)
