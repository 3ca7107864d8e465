"""CatBoost: a model in CatBoost's binary file, restored to the class it was trained as."""

import importlib
from pathlib import Path
from typing import Any

from ..errors import CannotLoad
from ..model import SignatureFields
from ..scores.source import ScoresSource, source_of
from .derived_signature import numbers

CLASSES = ("CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker")


def load(bundle: Path, loader: dict[str, Any], _signature: SignatureFields | None) -> "CatBoostModel":
    """Options: `class` (default CatBoost, whose predict answers raw values)."""
    name = (loader.get("options") or {}).get("class", "CatBoost")
    if name not in CLASSES:
        raise CannotLoad(f"class {name!r} is not known for CatBoost; use one of {', '.join(CLASSES)}")
    model = getattr(importlib.import_module("catboost"), name)()
    model.load_model(str(bundle / loader["file"]), format=loader.get("format") or "cbm")
    method = loader.get("method") or "predict"
    if not callable(getattr(model, method, None)):
        raise CannotLoad(f"{name} has no method {method!r}", hint='Deploy it with method "predict".')
    return CatBoostModel(model, method)


class CatBoostModel:
    """A CatBoost model and the method that answers."""

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
        """From the model's feature names; columns of categories or text are strings, which CatBoost hashes them as."""
        names = [str(name) for name in self._model.feature_names_]
        strings = {*self._model.get_cat_feature_indices(), *self._model.get_text_feature_indices()}
        if self._model.get_embedding_feature_indices():
            return None
        unnamed = names == [str(index) for index in range(len(names))]
        fields = numbers(len(names), None if unnamed and not strings else names, nullable=True)
        for index in strings:
            fields["columns"][index] = {"name": names[index], "type": "string"}
        return fields
