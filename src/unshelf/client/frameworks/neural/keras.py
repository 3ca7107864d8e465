"""Keras: its own archive (.keras), with the backend on which it computes; a user's own layers go with their files."""

import importlib
import json
import os
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast, get_args

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks import local_modules
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.contracts.bundle import Loader
from unshelf.contracts.signature import Tensor, TensorType

_BACKENDS = ("tensorflow", "torch", "jax")
_CODE = '"__lambda__"'
"""The mark of a layer whose function is in the archive as code."""


def save(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    """Save a model of Keras 3 as `model.keras`. Raises InvalidModel where its archive could not be opened again."""
    if not callable(getattr(model, "get_config", None)) or not callable(getattr(model, "save", None)):
        raise InvalidModel(f"A {type(model).__name__} can't be deployed.", hint="Give a keras.Model.")
    kinds = {type(layer) for layer in _layers(model)}
    if unknown := sorted(kind.__name__ for kind in kinds if kind.__module__ == "__main__"):
        raise InvalidModel(
            f"{unknown[0]} is defined in a notebook or script, from where Keras can't load it again.",
            hint="Put its class into a .py file of its own and import it from there, so that the file goes along.",
        )
    own = [kind for kind in kinds if local_modules.is_local(kind.__module__)]
    code = local_modules.copy([kind.__module__ for kind in own], folder)
    path = folder / "model.keras"
    try:
        model.save(path)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise InvalidModel(
            f"Keras can't save this {type(model).__name__}: {error}.", hint="Give its layers a get_config."
        ) from error
    backend = str(importlib.import_module("keras").config.backend())
    saved = _saved(path, folder, wanted.method, backend, imports=code.imports, has_code=bool(code.files))
    if own:
        saved.loader.options["classes"] = sorted(
            f"{local_modules.path_of(kind.__module__)}:{kind.__name__}" for kind in own
        )
        saved.notes.append(f"Your own files {', '.join(code.files)} go with the model.")
    return saved.with_tensors(_tensors(model))


def from_file(path: Path, folder: Path, *, method: str) -> SavedModel:
    """Read an archive of Keras 3, on the backend that is chosen or installed here."""
    return _saved(path, folder, method, _installed_backend())


def _saved(
    path: Path, folder: Path, method: str, backend: str, *, imports: set[str] | None = None, has_code: bool = False
) -> SavedModel:
    has_lambda = _CODE in _config(path)
    notes = ["A Lambda layer is code in the archive: write a layer of your own in its place."] if has_lambda else []
    options: dict[str, Any] = {"backend": backend}
    if has_lambda:
        options["code"] = True
    return SavedModel(
        loader=Loader(
            kind="keras", file=path.relative_to(folder).as_posix(), format="keras", method=method, options=options
        ),
        requirements=distributions_of(["keras", backend, "numpy", *(imports or ())]),
        contains_code=has_lambda or has_code,
        notes=notes,
        container_hint="tensors",
    )


def _config(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read("config.json").decode()
        json.loads(text)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InvalidModel(
            f"{path.name} is no archive of Keras 3.", hint="Keras writes one with model.save('model.keras')."
        ) from error
    return text


def _installed_backend() -> str:
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen:
        return chosen
    for backend in _BACKENDS:
        if find_spec(backend) is not None:
            return backend
    raise InvalidModel(
        "Keras needs a backend, and none is installed here.",
        hint=f"Set KERAS_BACKEND to {', '.join(_BACKENDS)}, and add it to the requirements: --requirement torch==….",
    )


def _layers(model: Any) -> Iterator[Any]:
    yield model
    for layer in getattr(model, "layers", []):
        yield from _layers(layer)


def _tensors(model: Any) -> list[Tensor] | None:
    """The tensors that a model takes, where it was built with them."""
    found = []
    for each in getattr(model, "inputs", None) or []:
        sizes = [-1 if size is None else int(size) for size in each.shape]
        if sizes[:1] != [-1] or each.dtype not in get_args(TensorType):
            return None
        found.append(Tensor(name=str(each.name), type=cast(TensorType, each.dtype), shape=sizes))
    return found or None
