"""CatBoost models answer in a worker what they answer in process, as the class they were trained as."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

catboost = pytest.importorskip(
    "catboost", reason="catboost is not installed; tests/integration runs it in its own environment"
)

SMALL = {"iterations": 10, "verbose": False, "allow_writing_files": False, "thread_count": 1}


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
@pytest.mark.parametrize("labels", [[0, 1], ["malignant", "benign"], [0.5, 1.5]], ids=["integers", "texts", "floats"])
def test_a_classifier_with_labels(labels, method, serve, same_bits):
    X, y = load_breast_cancer(return_X_y=True)
    model = catboost.CatBoostClassifier(**SMALL).fit(X, np.array(labels)[y])
    loaded = serve(model, method=method)
    same_bits(loaded.predict(X), getattr(model, method)(X))
    assert not loaded.saved.contains_code


def test_a_classifier_of_three_classes_and_its_file(tmp_path, serve, serve_file, same_bits):
    X, y = load_iris(return_X_y=True)
    model = catboost.CatBoostClassifier(**SMALL).fit(X, y)
    same_bits(serve(model).predict(X), model.predict(X))
    model.save_model(str(tmp_path / "iris.cbm"))
    same_bits(serve_file(tmp_path / "iris.cbm").predict(X), model.predict(X))


@pytest.mark.parametrize("kind", ["CatBoostRegressor", "CatBoost"])
def test_a_table_with_categories_describes_them_as_strings(kind, serve, same_bits):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X["sex"] = X["sex"].map(lambda value: "one" if value > 0 else "two")
    model = getattr(catboost, kind)({**SMALL, "cat_features": ["sex"]} if kind == "CatBoost" else None)
    if kind != "CatBoost":
        model.set_params(**SMALL, cat_features=["sex"])
    model.fit(X, y)
    loaded = serve(model)
    same_bits(loaded.predict(X), model.predict(X))
    described = loaded.describe()
    assert described["container"] == "pandas"
    assert described["columns"][:2] == [
        {"name": "age", "type": "float64", "nullable": True},
        {"name": "sex", "type": "string"},
    ]


@pytest.mark.parametrize("loss", ["RMSE", "Poisson"])
def test_a_regressors_bare_file_answers_as_it_does(loss, tmp_path, serve_file, same_bits):
    X, y = load_diabetes(return_X_y=True)
    model = catboost.CatBoostRegressor(**SMALL, loss_function=loss).fit(X, y)
    model.save_model(str(tmp_path / "model.cbm"))
    loaded = serve_file(tmp_path / "model.cbm")
    same_bits(loaded.predict(X), model.predict(X))
    assert loaded.describe()["container"] == "numpy"
