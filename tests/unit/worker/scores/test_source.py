"""Where the scores of known models come from."""

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from unshelf.worker.scores.source import classes_of, source_of

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(300, 4)).round(1)
Y = np.array(["a", "b", "c"])[(np.abs(X.sum(axis=1)) % 3).astype(int)]


class OwnForest(RandomForestClassifier):
    """A forest of its maker's own, whose answer may be anything."""


FOREST = RandomForestClassifier(4, max_depth=3, random_state=1)


@pytest.mark.parametrize(
    "model",
    [
        FOREST, ExtraTreesClassifier(4, max_depth=3, random_state=1), DecisionTreeClassifier(max_depth=3),
        BaggingClassifier(n_estimators=3, random_state=1), CalibratedClassifierCV(DecisionTreeClassifier(max_depth=2)),
        make_pipeline(StandardScaler(), FOREST), GridSearchCV(FOREST, {"max_depth": [2, 3]}, cv=2),
    ],
    ids=lambda model: type(model).__name__,
)  # fmt: skip
def test_answers_that_are_read_off_are_those_of_the_library(model: Any) -> None:
    fitted = model.fit(X, Y)
    source = source_of(fitted, "predict_proba", answers_by="predict")
    assert source is not None and source.decides and source.classes == ["a", "b", "c"]
    read_off = np.asarray(source.classes).take(source.call(X).argmax(axis=1))
    assert (read_off == fitted.predict(X)).all()


@pytest.mark.parametrize(
    "model",
    [LogisticRegression(), OwnForest(3), make_pipeline(StandardScaler(), LogisticRegression())],
    ids=["linear", "own", "pipeline"],
)
def test_others_are_asked_twice(model: Any) -> None:
    source = source_of(model.fit(X, Y), "predict_proba", answers_by="predict")
    assert source is not None and not source.decides


def test_a_model_that_answers_otherwise_is_asked_twice() -> None:
    assert not source_of(FOREST.fit(X, Y), "predict_proba", answers_by="apply").decides  # type: ignore[union-attr]


def test_a_method_that_there_is_not() -> None:
    assert source_of(FOREST, "predict_scores", answers_by="predict") is None


def test_several_answers_a_row_have_no_one_list_of_classes() -> None:
    model = MultiOutputClassifier(DecisionTreeClassifier()).fit(X, np.column_stack([Y, Y]))
    assert (classes_of(model), classes_of(object())) == (None, None)
