"""scikit-learn models answer in a worker what they answer in process."""

import joblib
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from unshelf.worker.errors import CannotLoad

CLASSIFIERS = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)),
    "forest": RandomForestClassifier(10, random_state=0),
    "boosting": GradientBoostingClassifier(n_estimators=5, random_state=0),
    "svc": SVC(),
    "kd tree": KNeighborsClassifier(algorithm="kd_tree"),
    "network": MLPClassifier((8,), solver="lbfgs", max_iter=2000, random_state=0),
    "stacking": StackingClassifier([("bayes", GaussianNB()), ("tree", DecisionTreeClassifier(random_state=0))]),
    "calibrated": CalibratedClassifierCV(GaussianNB()),
    "search": GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [2, 3]}),
    "components": make_pipeline(PCA(2, random_state=0), GaussianNB()),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_is_the_same_after_the_way_through_skops(name, serve, same_bits):
    X, y = load_iris(return_X_y=True)
    model = CLASSIFIERS[name].fit(X, np.array(["setosa", "versicolor", "virginica"])[y])
    loaded = serve(model)
    same_bits(loaded.predict(X), model.predict(X))
    assert loaded.saved.loader.format == "skops"
    assert not loaded.saved.contains_code


@pytest.mark.parametrize(
    "model",
    [Ridge(), HistGradientBoostingRegressor(max_iter=10), GaussianProcessRegressor(RBF() + WhiteKernel(), alpha=1e-6)],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_regressor_is_the_same_after_the_way_through_skops(model, serve, same_bits):
    X, y = load_diabetes(return_X_y=True)
    model.fit(X, y)
    same_bits(serve(model).predict(X), model.predict(X))


@pytest.mark.parametrize("method", ["predict_proba", "decision_function", "predict_log_proba"])
def test_the_wanted_method_answers(method, serve, same_bits):
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    same_bits(serve(model, method=method).predict(X), getattr(model, method)(X))


def test_transform_answers_a_sparse_matrix_as_an_array(serve):
    encoder = OneHotEncoder().fit([["a"], ["b"]])
    assert serve(encoder, method="transform").predict([["b"], ["a"]]).tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_a_method_that_the_model_lacks_is_named_with_those_it_has(serve):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(CannotLoad, match="SVC has no method 'predict_proba'") as told:
        serve(SVC().fit(X, y), method="predict_proba")
    assert "decision_function" in told.value.hint


def test_a_table_with_texts_and_numbers(serve, same_bits):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X["sex"] = X["sex"].map(lambda value: "one" if value > 0 else "two").astype(object)
    encode = make_column_transformer((OneHotEncoder(), ["sex"]), remainder="passthrough")
    model = make_pipeline(encode, HistGradientBoostingRegressor(max_iter=10)).fit(X, y)
    loaded = serve(model)
    same_bits(loaded.predict(X), model.predict(X))
    assert loaded.saved.feature_names == X.columns.tolist()
    assert loaded.describe() is None  # which columns are texts only an example can tell


def test_several_targets_have_names_of_their_own(serve, same_bits):
    X, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier(random_state=0).fit(X, np.stack([y, y == 0], axis=1))
    answers = serve(model, method="predict_proba").predict(X)
    for name, expected in zip(["output_0", "output_1"], model.predict_proba(X), strict=True):
        same_bits(answers[name], expected)


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("xz", 3)], ids=["plain", "zlib", "gzip", "xz"])
def test_a_joblib_file_is_loaded_and_marked_as_code(compress, tmp_path, serve_file, same_bits):
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), PCA(20, random_state=0), KNeighborsClassifier()).fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib", compress=compress)
    loaded = serve_file(tmp_path / "model.joblib")
    same_bits(loaded.predict(X), model.predict(X))
    assert (loaded.saved.loader.kind, loaded.saved.loader.format) == ("sklearn", "joblib")
    assert loaded.saved.contains_code
    assert {"joblib", "numpy", "scikit-learn"} <= set(loaded.saved.requirements)


def test_a_skops_file_tells_its_types(tmp_path, serve_file, same_bits):
    skops = pytest.importorskip("skops.io", reason="skops is not installed")
    X, y = load_iris(return_X_y=True)
    model = RandomForestClassifier(5, random_state=0).fit(X, y)
    skops.dump(model, tmp_path / "forest.skops")
    loaded = serve_file(tmp_path / "forest.skops")
    same_bits(loaded.predict(X), model.predict(X))
    trusted = loaded.saved.loader.options["trusted"]
    assert "sklearn.tree._tree.Tree" in trusted
    assert {name.partition(".")[0] for name in trusted} <= {"sklearn", "numpy"}
    assert not loaded.saved.contains_code


def test_it_describes_numbers_names_and_whether_they_may_be_missing(serve):
    X, y = load_iris(return_X_y=True, as_frame=True)
    array = serve(LogisticRegression(max_iter=300).fit(X.to_numpy(), y)).describe()
    assert array["container"] == "numpy"
    assert array["columns"][0] == {"name": "x0", "type": "float64"}
    table = serve(make_pipeline(SimpleImputer(), Ridge()).fit(X, y)).describe()
    assert table["container"] == "pandas"
    assert table["columns"][0] == {"name": "sepal length (cm)", "type": "float64", "nullable": True}
    assert "nullable" not in serve(make_pipeline(StandardScaler(), Ridge()).fit(X, y)).describe()["columns"][0]


def test_a_model_of_texts_describes_one_text(serve):
    texts, labels = ["free money now", "see you at lunch", "win money", "lunch tomorrow"], [1, 0, 1, 0]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels)
    loaded = serve(model)
    assert loaded.predict(texts).tolist() == model.predict(texts).tolist()
    assert loaded.describe() == {
        "kind": "columns",
        "columns": [{"name": "text", "type": "string"}],
        "container": "values",
    }


def test_an_outlier_detector_through_a_numpy_function(serve, same_bits):
    X, _ = load_iris(return_X_y=True)
    model = make_pipeline(FunctionTransformer(np.log1p), IsolationForest(n_estimators=10, random_state=0)).fit(X)
    loaded = serve(model, method="score_samples")
    same_bits(loaded.predict(X), model.score_samples(X))
    assert not loaded.saved.contains_code
