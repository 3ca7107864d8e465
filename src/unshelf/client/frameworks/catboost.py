"""CatBoost: its own binary file, and the class to restore."""

import re
from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.contracts.bundle import Loader

_CLASSES = ("CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker", "CatBoost")
_LABELS = re.compile(rb'"class_names":\[[^\]]')
_NOT_RAW = re.compile(rb'"loss_function":\{"type":"(?:Poisson|Tweedie|RMSEWithUncertainty)"')


def save(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    """Save a CatBoost model, or one of its classifier, regressor and ranker, as `model.cbm`."""
    names = [base.__name__ for base in type(model).__mro__]
    name = next((name for name in names if name in _CLASSES), None)
    if name is None:
        raise InvalidModel(
            f"A {type(model).__name__} can't be deployed.", hint=f"Give a model of one of {', '.join(_CLASSES)}."
        )
    model.save_model(str(folder / "model.cbm"), format="cbm")
    feature_names = [str(feature) for feature in model.feature_names_]
    unnamed = feature_names == [str(index) for index in range(len(feature_names))]
    return _saved("model.cbm", wanted.method, name, feature_names=None if unnamed else feature_names)


def from_file(path: Path, folder: Path, *, method: str) -> SavedModel:
    """Read a cbm file: with class labels it holds a classifier; the losses whose answer is not the raw value are a regressor's."""
    data = path.read_bytes()
    if not data.startswith(b"CBM1"):
        raise InvalidModel(
            f"{path.name} is no CatBoost model.", hint="CatBoost writes one with model.save_model('model.cbm')."
        )
    name = (
        "CatBoostClassifier" if _LABELS.search(data) else "CatBoostRegressor" if _NOT_RAW.search(data) else "CatBoost"
    )
    return _saved(path.relative_to(folder).as_posix(), method, name)


def _saved(file: str, method: str, name: str, feature_names: list[str] | None = None) -> SavedModel:
    return SavedModel(
        loader=Loader(kind="catboost", file=file, format="cbm", method=method, options={"class": name}),
        requirements=distributions_of(["catboost", "numpy"]),
        feature_names=feature_names,
    )
