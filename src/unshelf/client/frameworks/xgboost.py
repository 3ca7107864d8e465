"""XGBoost: its own UBJSON file, and the class to restore."""

import json
import math
import re
from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.contracts.bundle import Loader

_WRAPPERS = ("XGBClassifier", "XGBRegressor", "XGBRanker", "XGBRFClassifier", "XGBRFRegressor")
_ESTIMATOR = re.compile(rb'_estimator_type\\*": ?\\*"(classifier|regressor|ranker)')
_BY_ESTIMATOR = {b"classifier": "XGBClassifier", b"regressor": "XGBRegressor", b"ranker": "XGBRanker"}


def save(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    """Save a Booster or one of the scikit-learn classes as `model.ubj`; a subclass of these is not kept."""
    names = [base.__name__ for base in type(model).__mro__]
    name = next((name for name in names if name in (*_WRAPPERS, "Booster")), None)
    if name is None:
        raise InvalidModel(
            f"A {type(model).__name__} can't be deployed.", hint=f"Give a Booster or one of {', '.join(_WRAPPERS)}."
        )
    options: dict[str, Any] = {"class": name}
    if name != "Booster" and (parameters := _parameters(model)):
        options["parameters"] = parameters
    model.save_model(folder / "model.ubj")
    booster = model if name == "Booster" else model.get_booster()
    return _saved("model.ubj", wanted.method, options, feature_names=booster.feature_names)


def from_file(path: Path, folder: Path, *, method: str) -> SavedModel:
    """Read a UBJSON or JSON file of XGBoost; the estimator type that its scikit-learn classes leave in it tells the class."""
    data = path.read_bytes()
    if not data.startswith(b"{") or b"learner" not in data or b"gradient_booster" not in data:
        raise InvalidModel(
            f"{path.name} is no XGBoost model.", hint="XGBoost writes one with model.save_model('model.ubj')."
        )
    kind = _ESTIMATOR.search(data)
    options = {"class": _BY_ESTIMATOR[kind[1]] if kind else "Booster"}
    return _saved(path.relative_to(folder).as_posix(), method, options)


def _saved(file: str, method: str, options: dict[str, Any], feature_names: list[str] | None = None) -> SavedModel:
    modules = ["xgboost", "numpy"] if options["class"] == "Booster" else ["xgboost", "numpy", "sklearn"]
    format = "json" if file.endswith(".json") else "ubj"
    return SavedModel(
        loader=Loader(kind="xgboost", file=file, format=format, method=method, options=options),
        requirements=distributions_of(modules),
        feature_names=feature_names,
    )


def _parameters(model: Any) -> dict[str, Any]:
    """Return the parameters that `predict` uses and the file does not keep."""
    missing = model.missing
    kept: dict[str, Any] = {}
    if missing is not None and not math.isnan(missing):
        kept["missing"] = json.loads(json.dumps(float(missing)))
    return kept
