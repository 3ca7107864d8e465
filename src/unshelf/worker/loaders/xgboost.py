"""XGBoost: a model in XGBoost's own UBJSON (or JSON) file, restored to the class it was trained as."""

import importlib
import json
from pathlib import Path
from typing import Any

from ..errors import CannotLoad
from ..model import SignatureFields
from ..scores.source import ScoresSource, source_of
from .derived_signature import numbers

WRAPPERS = ("XGBClassifier", "XGBRegressor", "XGBRanker", "XGBRFClassifier", "XGBRFRegressor")


def load(bundle: Path, loader: dict[str, Any], _signature: SignatureFields | None) -> "Wrapper | XGBoostBooster":
    """Options: `class` (default Booster), `parameters` of a wrapper that the file does not keep, e.g. `{"missing": -1}`."""
    xgboost = importlib.import_module("xgboost")
    options = loader.get("options") or {}
    name, method, file = options.get("class", "Booster"), loader.get("method") or "predict", bundle / loader["file"]
    if name == "Booster":
        if method != "predict":
            raise CannotLoad(f"a Booster has no method {method!r}", hint='Deploy it with method "predict".')
        return XGBoostBooster(xgboost, xgboost.Booster(model_file=str(file)), missing=options.get("missing"))
    if name not in WRAPPERS:
        raise CannotLoad(f"class {name!r} is not known for XGBoost; use Booster or one of {', '.join(WRAPPERS)}")
    model = getattr(xgboost, name)()
    model.load_model(str(file))
    parameters = options.get("parameters") or {}
    if parameters:
        model.set_params(**parameters)
    if not callable(getattr(model, method, None)):
        raise CannotLoad(f"{name} has no method {method!r}", hint='Deploy it with "predict" or "predict_proba".')
    return Wrapper(model, method)


class Wrapper:
    """One of XGBoost's scikit-learn classes."""

    def __init__(self, model: Any, method: str) -> None:
        self._model = model
        self._answer = getattr(model, method)
        self._method = method

    def predict(self, inputs: Any, /, **parameters: Any) -> Any:
        """Call the method."""
        return self._answer(inputs, **parameters)

    def declared_parameters(self) -> list[dict[str, Any]]:
        """See TakesParameters: which arguments of the method are offered is its maker's choice."""
        return []

    def mixing_step(self) -> str:
        """See WorksByRow: trees are asked row by row."""
        return ""

    def scores_source(self, method: str) -> ScoresSource | None:
        """See GivesScores."""
        return source_of(self._model, method, answers_by=self._method)

    def describe(self) -> SignatureFields | None:
        """From the booster's feature names and types; None if it has categorical columns."""
        return _describe(self._model.get_booster())


class XGBoostBooster:
    """A plain Booster, which is given a DMatrix."""

    def __init__(self, xgboost: Any, booster: Any, *, missing: float | None) -> None:
        self._xgboost = xgboost
        self._booster = booster
        self._options: dict[str, Any] = {} if missing is None else {"missing": missing}
        self._names = booster.feature_names
        self._types = booster.feature_types
        self._categorical = self._types is not None and "c" in self._types

    def predict(self, inputs: Any) -> Any:
        """`booster.predict(DMatrix(inputs))`; inputs without names get the booster's own, which XGBoost insists on."""
        options = dict(self._options, enable_categorical=self._categorical)
        if not hasattr(inputs, "columns"):
            options.update(feature_names=self._names, feature_types=self._types)
        return self._booster.predict(self._xgboost.DMatrix(inputs, **options))

    def mixing_step(self) -> str:
        """See WorksByRow: trees are asked row by row."""
        return ""

    def describe(self) -> SignatureFields | None:
        """From the booster's feature names and types; None if it has categorical columns."""
        return _describe(self._booster)


def _describe(booster: Any) -> SignatureFields | None:
    types = booster.feature_types
    if types is not None and any(kind == "c" for kind in types):
        return None
    count = int(json.loads(booster.save_config())["learner"]["learner_model_param"]["num_feature"])
    return numbers(count, booster.feature_names, nullable=True)
