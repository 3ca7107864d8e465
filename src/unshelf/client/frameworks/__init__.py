"""Frameworks: each model saved in the safest format that its framework has; by table, so that none is imported unasked."""

import importlib
from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import FolderModel, SavedModel

_BY_PACKAGE = {
    "sklearn": "unshelf.client.frameworks.sklearn",
    "xgboost": "unshelf.client.frameworks.xgboost",
    "lightgbm": "unshelf.client.frameworks.lightgbm",
    "catboost": "unshelf.client.frameworks.catboost",
    "onnx": "unshelf.client.frameworks.onnx",
    "onnxruntime": "unshelf.client.frameworks.onnx",
    "keras": "unshelf.client.frameworks.neural.keras",
    "transformers": "unshelf.client.frameworks.neural.transformers",
    "torch": "unshelf.client.frameworks.neural.torch",
    "statsmodels": "unshelf.client.frameworks.statsmodels",
}
"""The package that a model's class (or one of its bases) comes from → the module here whose `save` writes such a model."""
_ANY_PYTHON = "unshelf.client.frameworks.python"

_BY_SUFFIX = {
    ".skops": "unshelf.client.frameworks.sklearn",
    ".pkl": "unshelf.client.frameworks.pickles",
    ".pickle": "unshelf.client.frameworks.pickles",
    ".joblib": "unshelf.client.frameworks.pickles",
    ".sav": "unshelf.client.frameworks.pickles",
    ".ubj": "unshelf.client.frameworks.xgboost",
    ".json": "unshelf.client.frameworks.xgboost",
    ".txt": "unshelf.client.frameworks.lightgbm",
    ".cbm": "unshelf.client.frameworks.catboost",
    ".onnx": "unshelf.client.frameworks.onnx",
    ".keras": "unshelf.client.frameworks.neural.keras",
    ".pt2": "unshelf.client.frameworks.neural.torch",
    ".pt": "unshelf.client.frameworks.neural.torch",
    ".pth": "unshelf.client.frameworks.neural.torch",
}
"""A model file's suffix → the module here whose `from_file` reads what it is, without running anything of it."""

MLMODEL = "MLmodel"
"""The file by which an MLflow model folder is known."""


def save(
    model: Any, folder: Path, *, method: str = "predict", example: Any = None, init: dict[str, Any] | None = None
) -> SavedModel:
    """Write `model` into `folder`, the root of a bundle to be, with the author's code that it needs.

    `example`: some rows as its `method` takes them; PyTorch models are exported with it. `init`: the keyword arguments with
    which a PyTorch module's class is made again, where it can't be exported. Raises InvalidModel, whose hint names the alternatives."""
    packages = [base.__module__.partition(".")[0] for base in type(model).__mro__]
    module = next((_BY_PACKAGE[package] for package in packages if package in _BY_PACKAGE), _ANY_PYTHON)
    saved: SavedModel = importlib.import_module(module).save(
        model, folder, SaveOptions(method=method, example=example, init=init)
    )
    return saved


def from_file(path: Path, folder: Path, *, method: str = "predict") -> SavedModel:
    """Recognise the model file at `path` by its suffix and content; `folder`, which holds it, becomes the bundle's root.

    Nothing is unpickled to find out. Raises InvalidModel for a file that no framework here can read."""
    module = _BY_SUFFIX.get(path.suffix.lower())
    if module is None:
        raise InvalidModel(
            f"{path.name} is no model file that is known here.",
            hint=f"Known are {', '.join(_BY_SUFFIX)}; for any other, write a predict.py that reads it and deploy the folder.",
        )
    if not path.is_file():
        raise InvalidModel(f"{path} is no file.", hint="Name a model file, or a folder with an unshelf.toml.")
    saved: SavedModel = importlib.import_module(module).from_file(path, folder, method=method)
    return saved


def is_model_folder(folder: Path) -> bool:
    """Return whether `folder` is a model folder of a foreign format: MLflow's."""
    return (folder / MLMODEL).is_file()


def from_folder(folder: Path) -> FolderModel:
    """Read the metadata of an MLflow model folder, without MLflow. Raises InvalidModel."""
    found: FolderModel = importlib.import_module("unshelf.client.frameworks.mlflow").read(folder)
    return found
