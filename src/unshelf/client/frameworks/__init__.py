"""Frameworks: each model saved in the safest format that its framework has; by table, so that none is imported unasked."""

import importlib
from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.wanted import Wanted
from unshelf.client.saved import FolderModel, Saved

_BY_PACKAGE = {
    "sklearn": "unshelf.client.frameworks.sklearn",
    "xgboost": "unshelf.client.frameworks.xgboost",
    "lightgbm": "unshelf.client.frameworks.lightgbm",
    "catboost": "unshelf.client.frameworks.catboost",
    "onnx": "unshelf.client.frameworks.onnx",
    "onnxruntime": "unshelf.client.frameworks.onnx",
    "torch": "unshelf.client.frameworks.torch",
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
    ".pt2": "unshelf.client.frameworks.torch",
    ".pt": "unshelf.client.frameworks.torch",
    ".pth": "unshelf.client.frameworks.torch",
}
"""A model file's suffix → the module here whose `from_file` reads what it is, without running anything of it."""

MLMODEL = "MLmodel"
"""The file by which an MLflow model folder is known."""


def save(
    model: Any, folder: Path, *, method: str = "predict", example: Any = None, init: dict[str, Any] | None = None
) -> Saved:
    """Write `model` into `folder`, the root of a bundle to be, with the code of its maker's that it needs.

    `example`: some rows as its `method` takes them; PyTorch models are exported with it. `init`: the keyword arguments with
    which a PyTorch module's class is made again, where it can't be exported. Raises InvalidModel, which tells the ways out."""
    packages = [base.__module__.partition(".")[0] for base in type(model).__mro__]
    module = next((_BY_PACKAGE[package] for package in packages if package in _BY_PACKAGE), _ANY_PYTHON)
    saved: Saved = importlib.import_module(module).save(
        model, folder, Wanted(method=method, example=example, init=init)
    )
    return saved


def from_file(path: Path, folder: Path, *, method: str = "predict") -> Saved:
    """What the model file at `path` is, told by its suffix and content; it lies in `folder`, the root of the bundle to be.

    Nothing is unpickled to find out. Raises InvalidModel for a file that no framework here can read."""
    module = _BY_SUFFIX.get(path.suffix.lower())
    if module is None:
        raise InvalidModel(
            f"{path.name} is no model file that is known here.",
            hint=f"Known are {', '.join(_BY_SUFFIX)}; for any other, write a predict.py that reads it and deploy the folder.",
        )
    if not path.is_file():
        raise InvalidModel(f"{path} is no file.", hint="Name a model file, or a folder with an unshelf.toml.")
    saved: Saved = importlib.import_module(module).from_file(path, folder, method=method)
    return saved


def is_model_folder(folder: Path) -> bool:
    """Whether `folder` is a model folder of a foreign format: MLflow's."""
    return (folder / MLMODEL).is_file()


def from_folder(folder: Path) -> FolderModel:
    """What an MLflow model folder says about itself; MLflow is not needed to read it. Raises InvalidModel."""
    found: FolderModel = importlib.import_module("unshelf.client.frameworks.mlflow").read(folder)
    return found
