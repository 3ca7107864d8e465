"""Sources of scores: the method of a loaded model that gives a number for each row and class, and the names of the classes."""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

_READ_OFF = {
    "sklearn.ensemble": frozenset({"RandomForestClassifier", "ExtraTreesClassifier", "BaggingClassifier"}),
    "sklearn.tree": frozenset({"DecisionTreeClassifier", "ExtraTreeClassifier"}),
    "sklearn.calibration": frozenset({"CalibratedClassifierCV"}),
    "xgboost": frozenset({"XGBClassifier", "XGBRFClassifier"}),
}
"""Module → its classifiers whose `predict` is the class with the highest number of `predict_proba`, in their libraries' code: the answer
can be read off the scores. Others (LogisticRegression, SVC …) decide by another number, which may differ where two classes are close."""
_PROBABILITIES = "predict_proba"


class ScoresSource(NamedTuple):
    """A method that gives scores."""

    call: Callable[[Any], Any]
    """Takes inputs as `predict` does."""
    classes: "list[Any] | None"
    """The classes, in the order of the scores; None: the model does not tell."""
    decides: bool = False
    """Whether the model's answer is the class with the highest score, so that one call gives both."""


@runtime_checkable
class GivesScores(Protocol):
    """A model that may have methods beside the one that answers."""

    def scores_source(self, method: str) -> "ScoresSource | None":
        """The source of this name; None: it has no such method."""


def source_of(model: Any, method: str, *, answers_by: str) -> "ScoresSource | None":
    """The method of an object after scikit-learn's manner. `answers_by`: the method that answers callers."""
    found = getattr(model, method, None)
    if not callable(found):
        return None
    decides = method == _PROBABILITIES and answers_by == "predict" and _is_read_off(model)
    return ScoresSource(found, classes_of(model), decides)


def classes_of(model: Any) -> "list[Any] | None":
    """The classes of a model, in its order; None where it has none, or several answers a row."""
    try:
        found = getattr(model, "classes_", None)
        values = list(() if found is None else found.tolist() if hasattr(found, "tolist") else found)
    except Exception:  # a foreign object's own code
        return None
    return (
        None
        if not values or any(isinstance(value, (list, tuple)) or hasattr(value, "shape") for value in values)
        else values
    )


def _is_read_off(model: Any) -> bool:
    """Whether its answer is the class with the highest score; of a pipeline its last step says so, of a search the best estimator."""
    pipeline = sys.modules.get("sklearn.pipeline")
    searches = sys.modules.get("sklearn.model_selection")
    while True:
        kind = type(model)
        if pipeline is not None and kind is pipeline.Pipeline:
            model = model.steps[-1][1]
        elif searches is not None and kind in (searches.GridSearchCV, searches.RandomizedSearchCV):
            model = getattr(model, "best_estimator_", None)
        else:
            return any(
                kind.__name__ in names and getattr(sys.modules.get(module), kind.__name__, None) is kind
                for module, names in _READ_OFF.items()
            )
