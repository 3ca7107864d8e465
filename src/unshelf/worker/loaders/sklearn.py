"""scikit-learn: estimators and pipelines written by skops, or, as code, by joblib, pickle or cloudpickle."""

import importlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import CannotLoad
from ..model import SignatureFields
from ..row_wise.estimators import mixing_step
from ..scores.source import ScoresSource, source_of
from .derived_signature import numbers, texts


def load(bundle: Path, loader: dict[str, Any], _signature: SignatureFields | None) -> "Estimator":
    """Formats: skops (options `trusted`: the types that its maker vouched for), joblib, pickle, cloudpickle."""
    file_format = loader.get("format") or "skops"
    if file_format not in _READERS:
        raise CannotLoad(f"format {file_format!r} is not known for scikit-learn; use one of {', '.join(_READERS)}")
    estimator = _READERS[file_format](bundle / loader["file"], loader.get("options") or {})
    return Estimator(estimator, loader.get("method") or "predict")


class Estimator:
    """An estimator and the method that answers."""

    def __init__(self, estimator: Any, method: str) -> None:
        self._estimator = estimator
        answer = getattr(estimator, method, None)
        if not callable(answer):
            offered = [name for name in _METHODS if callable(getattr(estimator, name, None))]
            raise CannotLoad(
                f"{type(estimator).__name__} has no method {method!r}",
                hint=f"Deploy it with one of its methods: {', '.join(offered)}." if offered else "",
            )
        self._answer: Callable[..., Any] = answer
        self._method = method

    def predict(self, inputs: Any, /, **parameters: Any) -> Any:
        """Call the method; return a sparse matrix as an array, and several targets' arrays by `output_0`, `output_1` …"""
        outputs = self._answer(inputs, **parameters)
        if hasattr(outputs, "toarray"):
            return outputs.toarray()
        if isinstance(outputs, list) and outputs and all(hasattr(part, "shape") for part in outputs):
            return {f"output_{index}": part for index, part in enumerate(outputs)}
        return outputs

    def declared_parameters(self) -> list[dict[str, Any]]:
        """See TakesParameters: which arguments of the method are offered is its maker's choice."""
        return []

    def mixing_step(self) -> str:
        """See WorksByRow."""
        return mixing_step(self._estimator, self._method)

    def scores_source(self, method: str) -> ScoresSource | None:
        """See GivesScores."""
        return source_of(self._estimator, method, answers_by=self._method)

    def describe(self) -> SignatureFields | None:
        """From `n_features_in_` and `feature_names_in_`; None where columns may hold anything but numbers."""
        first = _first(self._estimator)
        if hasattr(first, "build_analyzer"):
            return texts()
        count = getattr(first, "n_features_in_", None)
        if count is None or _takes_categories(first):
            return None
        names = getattr(first, "feature_names_in_", None)
        named = None if names is None else [str(name) for name in names]
        return numbers(int(count), named, nullable=_takes_missing(self._estimator))


_METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "score_samples")


def _read_skops(path: Path, options: dict[str, Any]) -> Any:
    return importlib.import_module("skops.io").load(path, trusted=list(options.get("trusted") or []))


def _read_joblib(path: Path, _options: dict[str, Any]) -> Any:
    return importlib.import_module("joblib").load(path)


def _read_pickle(path: Path, _options: dict[str, Any]) -> Any:
    with path.open("rb") as file:
        return pickle.load(file)


_READERS: dict[str, Callable[[Path, dict[str, Any]], Any]] = {
    "skops": _read_skops,
    "joblib": _read_joblib,
    "pickle": _read_pickle,
    "cloudpickle": _read_pickle,
}


def _first(estimator: Any) -> Any:
    """Find the estimator that sees the inputs first: a pipeline's first step, a search's best estimator."""
    while True:
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif steps := _steps(estimator):
            estimator = steps[0]
        else:
            return estimator


def _steps(estimator: Any) -> "list[Any]":
    """A pipeline's steps that do something; nothing for anything else."""
    steps = getattr(estimator, "steps", None) or []
    return [step for _, step in steps if step is not None and step != "passthrough"]


def _takes_categories(first: Any) -> bool:
    """Whether some column may be no number: then only an example can tell the types."""
    if hasattr(first, "transformers") or hasattr(first, "transformer_list") or hasattr(first, "categories_"):
        return True
    categorical = getattr(first, "is_categorical_", None)
    return categorical is not None and bool(categorical.any())


def _takes_missing(estimator: Any) -> bool:
    """Whether NaN goes through: each step allows it, up to an imputer if there is one."""
    for step in _steps(getattr(estimator, "best_estimator_", estimator)) or [estimator]:
        if not _allows_nan(step):
            return False
        if type(step).__name__.endswith("Imputer"):
            return True
    return True


def _allows_nan(estimator: Any) -> bool:
    tags = getattr(estimator, "__sklearn_tags__", None)
    if tags is not None:
        return bool(tags().input_tags.allow_nan)
    older = getattr(estimator, "_get_tags", None)
    return bool(older().get("allow_nan", False)) if older is not None else False
