"""LightGBM: a booster in LightGBM's text file, answering as the class it was trained as."""

import importlib
from pathlib import Path
from typing import Any

from ..errors import CannotLoad
from ..model import SignatureFields
from ..scores.source import ScoresSource
from .derived_signature import numbers


def load(bundle: Path, loader: dict[str, Any], _signature: SignatureFields | None) -> "LightGBMBooster":
    """Options: `classes` and `classes_type` of a classifier; `raw` if its objective was a function of its maker's."""
    lightgbm = importlib.import_module("lightgbm")
    options = loader.get("options") or {}
    booster = lightgbm.Booster(model_file=str(bundle / loader["file"]))
    method = loader.get("method") or "predict"
    if method == "predict":
        return Classifier(booster, options) if _answers_labels(options) else LightGBMBooster(booster)
    if method == "predict_proba" and "classes" in options:
        return Probabilities(booster, options)
    raise CannotLoad(
        f"a LightGBM {'classifier' if 'classes' in options else 'booster'} has no method {method!r}",
        hint='Deploy it with "predict"; classifiers also have "predict_proba".',
    )


class LightGBMBooster:
    """A booster as it is, which is also what LightGBM's regressors and rankers answer."""

    def __init__(self, booster: Any) -> None:
        self._booster = booster

    def predict(self, inputs: Any) -> Any:
        """The booster's own answer."""
        return self._booster.predict(inputs)

    def mixing_step(self) -> str:
        """See WorksByRow: trees are asked row by row."""
        return ""

    def describe(self) -> SignatureFields | None:
        """From the booster's feature names; None if it has categorical columns."""
        if self._booster.pandas_categorical:
            return None
        names: list[str] = self._booster.feature_name()
        unnamed = names == [f"Column_{index}" for index in range(len(names))]
        return numbers(self._booster.num_feature(), None if unnamed else names, nullable=True)


class Probabilities(LightGBMBooster):
    """A classifier's probabilities, one column a class, as LGBMClassifier computes them."""

    def __init__(self, booster: Any, options: dict[str, Any]) -> None:
        super().__init__(booster)
        self._numpy = importlib.import_module("numpy")
        self._classes = self._numpy.array(options["classes"], dtype=options.get("classes_type"))
        self._raw = bool(options.get("raw"))

    def predict(self, inputs: Any) -> Any:
        """An array (rows, classes); of one dimension if the scores are raw and there are two classes."""
        scores = super().predict(inputs)
        if self._raw or len(self._classes) > 2:
            return scores
        return self._numpy.vstack((1.0 - scores, scores)).transpose()


class Classifier(Probabilities):
    """A classifier's labels: the class of the highest probability, the first one among equals."""

    def predict(self, inputs: Any) -> Any:
        """One label a row, in the type that the labels had in training."""
        return self._classes[self._numpy.argmax(super().predict(inputs), axis=1)]

    def scores_source(self, method: str) -> ScoresSource | None:
        """See GivesScores."""
        if method != "predict_proba":
            return None
        return ScoresSource(super().predict, self._classes.tolist(), decides=True)


def _answers_labels(options: dict[str, Any]) -> bool:
    """LGBMClassifier.predict with an objective of its maker's own answers raw scores."""
    return "classes" in options and not options.get("raw")
