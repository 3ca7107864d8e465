"""XGBoost models answer in a worker what they answer in process, as the class they were trained as."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from unshelf.worker.errors import CannotLoad

xgboost = pytest.importorskip(
    "xgboost", reason="xgboost is not installed; tests/integration runs it in its own environment"
)

SMALL = {"n_estimators": 10, "n_jobs": 1}


@pytest.fixture
def cancer():
    return load_breast_cancer(return_X_y=True)


@pytest.fixture
def diabetes():
    return load_diabetes(return_X_y=True, as_frame=True)


@pytest.fixture
def diabetes_with_category(diabetes):
    X, y = diabetes
    return X.assign(sex=X["sex"].map(lambda value: "one" if value > 0 else "two").astype("category")), y


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
@pytest.mark.parametrize("load", [load_breast_cancer, load_iris])
def test_a_classifier(method, load, serve, same_bits):
    X, y = load(return_X_y=True)
    model = xgboost.XGBClassifier(**SMALL).fit(X, y)
    loaded = serve(model, method=method)
    same_bits(loaded.predict(X), getattr(model, method)(X))
    assert loaded.saved.loader.options == {"class": "XGBClassifier"}
    assert not loaded.saved.contains_code


@pytest.mark.parametrize(
    "settings", [{}, {"booster": "gblinear"}, {"booster": "dart", "rate_drop": 0.1}, {"missing": 0.0}], ids=str
)
def test_a_regressor(settings, diabetes, serve, same_bits):
    X, y = diabetes
    model = xgboost.XGBRegressor(**SMALL, **settings).fit(X, y)
    same_bits(serve(model).predict(X), model.predict(X))


def test_what_was_taken_for_missing_in_training_is_so_in_the_worker(serve, same_bits):
    X, y = load_breast_cancer(return_X_y=True)
    X = np.where(np.median(X, axis=0) < X, X, -1.0)
    model = xgboost.XGBRegressor(**SMALL, missing=-1.0).fit(X, y)
    loaded = serve(model)
    same_bits(loaded.predict(X), model.predict(X))
    assert loaded.saved.loader.options["parameters"] == {"missing": -1.0}


def test_a_ranker(diabetes, serve, same_bits):
    X, y = diabetes
    model = xgboost.XGBRanker(**SMALL).fit(X, (y > 150).astype(int), qid=np.arange(len(y)) // 20)
    same_bits(serve(model).predict(X), model.predict(X))


def test_early_stopping_keeps_the_best_iteration(cancer, serve, same_bits):
    X, y = cancer
    model = xgboost.XGBClassifier(n_estimators=200, early_stopping_rounds=3, n_jobs=1)
    model.fit(X[:400], y[:400], eval_set=[(X[400:], y[400:])], verbose=False)
    assert model.best_iteration < 190
    same_bits(serve(model, method="predict_proba").predict(X), model.predict_proba(X))


def test_categories_of_a_table(diabetes_with_category, serve, same_bits):
    X, y = diabetes_with_category
    model = xgboost.XGBRegressor(**SMALL, enable_categorical=True).fit(X, y)
    loaded = serve(model)
    same_bits(loaded.predict(X), model.predict(X))
    assert loaded.describe() is None


def test_a_booster_is_given_a_matrix_made_of_the_inputs(diabetes, serve, same_bits):
    X, y = diabetes
    booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(X, y), 10)
    loaded = serve(booster)
    expected = booster.predict(xgboost.DMatrix(X))
    same_bits(loaded.predict(X), expected)
    same_bits(loaded.predict(X.to_numpy()), expected)
    assert "scikit-learn" not in loaded.saved.requirements
    with pytest.raises(CannotLoad, match="predict_proba"):
        serve(booster, method="predict_proba")


def test_a_booster_with_categories(diabetes_with_category, serve, same_bits):
    X, y = diabetes_with_category
    booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(X, y, enable_categorical=True), 10)
    same_bits(serve(booster).predict(X), booster.predict(xgboost.DMatrix(X, enable_categorical=True)))


@pytest.mark.parametrize("suffix", ["ubj", "json"])
def test_a_bare_file_tells_the_class(suffix, tmp_path, cancer, serve_file, same_bits):
    X, y = cancer
    model = xgboost.XGBClassifier(**SMALL).fit(X, y)
    model.save_model(tmp_path / f"model.{suffix}")
    loaded = serve_file(tmp_path / f"model.{suffix}")
    same_bits(loaded.predict(X), model.predict(X))
    booster = model.get_booster()
    booster.save_model(tmp_path / f"booster.{suffix}")
    same_bits(serve_file(tmp_path / f"booster.{suffix}").predict(X), booster.predict(xgboost.DMatrix(X)))


def test_it_describes_numbers_that_may_be_missing(cancer, diabetes, serve):
    X, y = cancer
    array = serve(xgboost.XGBClassifier(**SMALL).fit(X, y)).describe()
    assert array["columns"][29] == {"name": "x29", "type": "float64", "nullable": True}
    table = serve(xgboost.XGBRegressor(**SMALL).fit(*diabetes)).describe()
    assert [column["name"] for column in table["columns"]] == diabetes[0].columns.tolist()
    assert table["container"] == "pandas"
