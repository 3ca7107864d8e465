"""What of scikit-learn is known to answer each row alone, and what is not, wherever it stands in an estimator."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import NMF, PCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - it makes the import below possible
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, scale
from sklearn.semi_supervised import LabelPropagation
from sklearn.svm import SVC

from unshelf.worker.row_wise.estimators import mixing_step

X = np.random.default_rng(0).normal(size=(30, 3)) + 5
Y = np.arange(30) % 3


class Centered(TransformerMixin, BaseEstimator):
    """A transformer of the maker's own, which looks at its batch."""

    def fit(self, X: Any, y: Any = None) -> "Centered":
        return self

    def transform(self, X: Any) -> Any:
        return X - X.mean(axis=0)


class Shadow(StandardScaler):
    """A class of the maker's own that takes a known one's name."""


Shadow.__name__ = Shadow.__qualname__ = "StandardScaler"
Shadow.__module__ = StandardScaler.__module__


def own_kernel(left: Any, right: Any) -> Any:
    return left @ right.T - left.mean()


KNOWN = [
    make_pipeline(StandardScaler(), PCA(2), LogisticRegression()),
    make_pipeline(SimpleImputer(), SelectKBest(f_classif, k=2), RandomForestClassifier(3)),
    make_pipeline(FeatureUnion([("a", StandardScaler()), ("b", "passthrough")]), SVC()),
    make_pipeline(FunctionTransformer(np.log1p, np.expm1), LogisticRegression()),
    make_pipeline(FunctionTransformer(), FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 100}), KMeans(2)),
    ColumnTransformer([("a", StandardScaler(), lambda frame: [0]), ("b", "drop", [1])], remainder="passthrough"),
    VotingClassifier([("a", KNeighborsClassifier()), ("b", LogisticRegression())]),
    StackingClassifier([("a", HistGradientBoostingClassifier(max_iter=2))], LogisticRegression(), cv=2),
    CalibratedClassifierCV(LogisticRegression(), cv=2),
    GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2, scoring=lambda model, X, y: model.score(X, y)),
    TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
    DummyClassifier(),
]


@pytest.mark.parametrize("estimator", KNOWN, ids=lambda each: type(each).__name__)
def test_what_works_row_by_row_is_known_wherever_it_stands(estimator: Any) -> None:
    estimator.fit(X, Y)
    method = "predict" if hasattr(estimator, "predict") else "transform"
    assert mixing_step(estimator, method) == ""


MIXING = [
    (make_pipeline(Centered(), LogisticRegression()), "Centered"),
    (make_pipeline(Shadow(), LogisticRegression()), "StandardScaler"),
    (make_pipeline(FeatureUnion([("a", Centered())]), Ridge()), "Centered"),
    (make_pipeline(ColumnTransformer([("a", Centered(), [0])]), Ridge()), "Centered"),
    (VotingClassifier([("a", make_pipeline(Centered(), LogisticRegression()))]), "Centered"),
    (StackingClassifier([("a", make_pipeline(Centered(), LogisticRegression()))], cv=2), "Centered"),
    (CalibratedClassifierCV(make_pipeline(Centered(), LogisticRegression()), cv=2), "Centered"),
    (GridSearchCV(make_pipeline(Centered(), Ridge()), {"ridge__alpha": [1]}, cv=2), "Centered"),
    (make_pipeline(IterativeImputer(max_iter=1), Ridge()), "IterativeImputer of sklearn"),
    (make_pipeline(NMF(2), Ridge()), "NMF of sklearn"),
    (LabelPropagation(), "LabelPropagation of sklearn"),
    (DummyClassifier(strategy="uniform"), "draws its answers"),
    (make_pipeline(FunctionTransformer(scale), Ridge()), "FunctionTransformer with scale"),
    (make_pipeline(FunctionTransformer(lambda rows: rows - rows.mean()), Ridge()), "FunctionTransformer with"),
    (make_pipeline(FunctionTransformer(np.frompyfunc(abs, 1, 1)), FunctionTransformer(np.asarray), Ridge()), "FunctionTr"),
    (make_pipeline(FunctionTransformer(np.cumsum, kw_args={"axis": 0}), Ridge()), "FunctionTransformer with cumsum"),
    (TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.sort, check_inverse=False), "with sort"),
    (SVC(kernel=own_kernel), "own_kernel"),
    (KNeighborsClassifier(weights=lambda distances: distances + 1), "its maker's own code"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("estimator", "named"), MIXING, ids=lambda each: each if isinstance(each, str) else type(each).__name__
)
def test_what_looks_at_its_batch_or_may_is_named_wherever_it_stands(estimator: Any, named: str) -> None:
    estimator.fit(X, Y)
    assert named in mixing_step(estimator, "predict")


def test_a_tokenizer_of_the_makers_own_is_named_and_pythons_own_is_not() -> None:
    texts = ["a b", "b c"]
    own = TfidfVectorizer(tokenizer=lambda text: text.split(), token_pattern=None).fit(texts)
    assert "its maker's own code" in mixing_step(own, "transform")
    assert mixing_step(TfidfVectorizer(analyzer=str.split).fit(texts), "transform") == ""


def test_a_method_put_on_an_instance_is_seen() -> None:
    model = LogisticRegression().fit(X, Y)
    model.predict = lambda rows: rows.mean(axis=1) - rows.mean()
    assert "its maker's own code" in mixing_step(model, "predict")


@pytest.mark.parametrize("method", ["kneighbors", "fit_predict", "fit_transform", "sample"])
def test_methods_that_answer_for_a_batch_are_not_known(method: str) -> None:
    assert method in mixing_step(KNeighborsClassifier().fit(X, Y), method)


def test_what_is_no_estimator_is_its_makers_own_code() -> None:
    assert "its maker's own code" in mixing_step(Centered(), "transform")
    assert "its maker's own code" in mixing_step(print, "predict")
