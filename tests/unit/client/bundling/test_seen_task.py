"""The task and classes that a model in memory tells of itself."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from unshelf.client.bundling.seen_task import NOT_SEEN, SeenTask, seen_task

X, Y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array(["no", "no", "yes", "yes"])


def test_a_classifier_tells_its_classes_also_in_a_pipeline() -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    assert seen_task(model) == SeenTask("classification", ("no", "yes"))
    numbers = LogisticRegression().fit(X, [0, 0, 1, 1])
    assert seen_task(numbers) == SeenTask("classification", ("0", "1"))


def test_a_regressor_tells_that_it_is_one() -> None:
    assert seen_task(LinearRegression().fit(X, [1.0, 2.0, 3.0, 4.0])) == SeenTask("regression")


class _Raising:
    @property
    def classes_(self) -> Any:
        raise RuntimeError("not fitted")

    def __sklearn_tags__(self) -> Any:
        raise RuntimeError("nor this")


class _Several:
    classes_ = [np.array([0, 1]), np.array([0, 1, 2])]  # noqa: RUF012


@pytest.mark.parametrize("model", [lambda rows: rows, _Raising(), object(), "text", _Several()])
def test_anything_else_tells_nothing(model: Any) -> None:
    assert seen_task(model) == NOT_SEEN
