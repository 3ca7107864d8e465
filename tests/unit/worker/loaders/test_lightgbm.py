"""LightGBM models answer in a worker what they answer in process, labels included."""

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from unshelf.client.data.signatures import infer
from unshelf.worker.errors import CannotLoad
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory

lightgbm = pytest.importorskip(
    "lightgbm", reason="lightgbm is not installed; tests/integration runs it in its own environment"
)
# LightGBM's own scikit-learn classes ask for names that arrays don't have.
pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names")

SMALL = {"n_estimators": 10, "verbose": -1, "n_jobs": 1}
LABELS = {
    "integers": np.array([5, 7]),
    "texts": np.array(["malignant", "benign"]),
    "objects": np.array(["malignant", "benign"], dtype=object),
    "booleans": np.array([False, True]),
    "floats": np.array([0.0, 1.0]),
}


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
@pytest.mark.parametrize("labels", LABELS)
def test_a_classifier_with_labels(labels, method, serve, same_bits):
    X, y = load_breast_cancer(return_X_y=True)
    model = lightgbm.LGBMClassifier(**SMALL).fit(X, LABELS[labels][y])
    loaded = serve(model, method=method)
    same_bits(loaded.predict(X), getattr(model, method)(X))
    assert not loaded.saved.contains_code


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_a_classifier_of_three_classes(method, serve, same_bits):
    X, y = load_iris(return_X_y=True)
    model = lightgbm.LGBMClassifier(**SMALL).fit(X, np.array(["setosa", "versicolor", "virginica"])[y])
    same_bits(serve(model, method=method).predict(X), getattr(model, method)(X))


@pytest.mark.parametrize("boosting", [{}, {"boosting_type": "rf", "subsample": 0.5, "subsample_freq": 1}], ids=str)
def test_a_regressor_on_a_table_with_categories(boosting, serve, same_bits):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X["sex"] = X["sex"].map(lambda value: "one" if value > 0 else "two").astype("category")
    model = lightgbm.LGBMRegressor(**SMALL, **boosting).fit(X, y)
    loaded = serve(model)
    same_bits(loaded.predict(X), model.predict(X))
    assert loaded.saved.feature_names == X.columns.tolist()
    assert loaded.describe() is None


def test_a_category_that_training_had_not_is_missing_as_in_the_notebook(serve, same_bits):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X["sex"] = X["sex"].map(lambda value: "one" if value > 0 else "two").astype("category")
    loaded = serve(lightgbm.LGBMRegressor(**SMALL).fit(X, y))
    signature = msgspec.to_builtins(infer(X).inputs)
    signature["columns"][1] |= {"unseen": True, "nullable": True}
    inputs = plan_inputs(signature, ArrayMemory())
    row = X.iloc[0].to_dict()
    unseen, missing = (inputs.build([inputs.from_rows([row | {"sex": sex}])]) for sex in ("three", None))
    same_bits(loaded.predict(unseen), loaded.predict(missing))
    same_bits(loaded.predict(unseen), loaded.predict(X.head(1).assign(sex=pd.Categorical(["three"]))))


def test_a_ranker_and_a_booster(serve, same_bits):
    X, y = load_diabetes(return_X_y=True)
    ranker = lightgbm.LGBMRanker(**SMALL).fit(X, (y > 150).astype(int), group=[200, 242])
    same_bits(serve(ranker).predict(X), ranker.predict(X))
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(X, y), 10)
    same_bits(serve(booster).predict(X), booster.predict(X))
    with pytest.raises(CannotLoad, match="predict_proba"):
        serve(booster, method="predict_proba")


def test_early_stopping_keeps_the_best_iteration(serve, same_bits):
    X, y = load_breast_cancer(return_X_y=True)
    model = lightgbm.LGBMClassifier(n_estimators=200, verbose=-1, n_jobs=1)
    stop = lightgbm.early_stopping(3, verbose=False)
    model.fit(X[:400], y[:400], eval_X=(X[400:],), eval_y=(y[400:],), callbacks=[stop])
    assert model.best_iteration_ < 190
    same_bits(serve(model, method="predict_proba").predict(X), model.predict_proba(X))


@pytest.mark.filterwarnings("ignore:Cannot compute class probabilities")
def test_an_objective_of_its_makers_own_answers_raw_scores(serve, same_bits):
    X, y = load_breast_cancer(return_X_y=True)

    def logistic(labels, scores):
        probabilities = 1 / (1 + np.exp(-scores))
        return probabilities - labels, probabilities * (1 - probabilities)

    model = lightgbm.LGBMClassifier(**SMALL, objective=logistic).fit(X, y)
    for method in ("predict", "predict_proba"):
        same_bits(serve(model, method=method).predict(X), getattr(model, method)(X))


def test_a_bare_file_is_a_booster_and_says_so(tmp_path, serve_file, same_bits):
    X, y = load_breast_cancer(return_X_y=True)
    model = lightgbm.LGBMClassifier(**SMALL).fit(X, y)
    model.booster_.save_model(tmp_path / "model.txt")
    loaded = serve_file(tmp_path / "model.txt")
    same_bits(loaded.predict(X), model.booster_.predict(X))
    assert "scores" in loaded.saved.notes[0]
    assert loaded.describe()["columns"][0] == {"name": "x0", "type": "float64", "nullable": True}
