"""LightGBM: its own text file; what its classifier adds to the booster (the labels) goes into the options."""

from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.contracts.bundle import Loader


def save(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    """Save a Booster or one of the scikit-learn classes as `model.txt`."""
    names = [base.__name__ for base in type(model).__mro__]
    if "Booster" in names:
        return _saved(_write(model, folder), wanted.method, {}, model)
    if "LGBMModel" not in names:
        raise InvalidModel(
            f"A {type(model).__name__} can't be deployed.",
            hint="Give a Booster, LGBMClassifier, LGBMRegressor or LGBMRanker.",
        )
    options: dict[str, Any] = {}
    if "LGBMClassifier" in names:
        options = {"classes": model.classes_.tolist(), "classes_type": str(model.classes_.dtype)}
    if callable(model.objective_):
        options["raw"] = True
    return _saved(_write(model.booster_, folder), wanted.method, options, model.booster_)


def from_file(path: Path, folder: Path, *, method: str) -> SavedModel:
    """Read a text file of LightGBM, which holds a booster without a classifier's labels."""
    with path.open("rb") as file:
        if not file.read(64).startswith(b"tree\nversion="):
            raise InvalidModel(
                f"{path.name} is no LightGBM model.", hint="LightGBM writes one with booster.save_model('model.txt')."
            )
    saved = _saved(path.relative_to(folder).as_posix(), method, {}, None)
    saved.notes.append(
        "LightGBM's file holds the booster: predict answers its scores. For labels deploy the LGBMClassifier itself."
    )
    return saved


def _write(booster: Any, folder: Path) -> str:
    booster.save_model(folder / "model.txt")
    return "model.txt"


def _saved(file: str, method: str, options: dict[str, Any], booster: Any) -> SavedModel:
    names = booster.feature_name() if booster is not None else None
    if names is not None and names == [f"Column_{index}" for index in range(len(names))]:
        names = None
    return SavedModel(
        loader=Loader(kind="lightgbm", file=file, format="text", method=method, options=options),
        requirements=distributions_of(["lightgbm", "numpy"]),
        feature_names=names,
    )
