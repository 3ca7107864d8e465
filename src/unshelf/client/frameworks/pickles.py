"""Pickles: how a model is written where nothing safer can hold it, and what a pickle from elsewhere needs."""

import importlib
import io
import pickle
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks import local_modules
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.opcodes import imported_modules, maker_versions, read_pickle
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.client.packages.imports import imports_of_code
from unshelf.contracts.bundle import Loader

_LOADED_AS_ESTIMATOR = ("sklearn", "xgboost", "lightgbm", "catboost", "imblearn")


@dataclass(frozen=True, kw_only=True)
class Written:
    """A pickle in a bundle, with the user's own files that it imports."""

    file: str
    format: str
    modules: list[str]
    """The modules that it needs from elsewhere."""
    notes: list[str] = field(default_factory=list)


def write(model: Any, folder: Path) -> Written:
    """Pickle `model` into `folder`; what is defined in a notebook or script goes in by value, with cloudpickle.

    Raises InvalidModel, whose hint names both alternatives, when cloudpickle is needed and is not installed."""
    data, format, by_value = _pickled(model)
    modules = imported_modules(data)
    if format == "cloudpickle":
        modules += ["cloudpickle", *(module for function in by_value for module in imports_of_code(function.__code__))]
    own = [module for module in modules if local_modules.is_local(module)]
    code = local_modules.copy(own, folder)
    (folder / "model.pkl").write_bytes(data)
    notes = [f"Your own files {', '.join(code.files)} go with the model."] if code.files else []
    return Written(
        file="model.pkl",
        format=format,
        modules=[*(each for each in modules if each not in own), *code.imports],
        notes=notes,
    )


def from_file(path: Path, folder: Path, *, method: str) -> SavedModel:
    """Read a pickle or joblib file without unpickling it: its opcodes name the modules that it imports, and so its framework."""
    data, joblib = read_pickle(path.read_bytes(), path.name)
    modules = imported_modules(data, joblib=joblib)
    packages = [module.partition(".")[0] for module in modules]
    if "__main__" in packages:
        raise InvalidModel(
            f"{path.name} needs a class or function from the notebook or script that wrote it, which is not in the file.",
            hint="Deploy the model itself with unshelf.deploy(model, …), or define that class in a file of its own.",
        )
    estimator = any(package in _LOADED_AS_ESTIMATOR for package in packages)
    format = "joblib" if joblib else "cloudpickle" if "cloudpickle" in packages else "pickle"
    needed = ["joblib", *modules] if joblib else modules
    return SavedModel(
        loader=Loader(
            kind="sklearn" if estimator else "python",
            file=path.relative_to(folder).as_posix(),
            format=format,
            method=method,
        ),
        requirements=distributions_of(needed),
        made_with=maker_versions(data),
        contains_code=True,
        notes=[f"{path.name} is a pickle, which is code: it is opened by the model's own worker only."],
    )


def _pickled(model: Any) -> tuple[bytes, str, list[FunctionType]]:
    """Return the pickle, its format, and the functions that are in it by value, wherever in the model they are."""
    try:
        data = pickle.dumps(model, protocol=5)
        unknown = [module for module in imported_modules(data) if module == "__main__"]
        why = "it is defined in a notebook or script" if unknown else ""
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        data, why = b"", str(error)
    if not why:
        return data, "pickle", []
    if find_spec("cloudpickle") is None:
        raise InvalidModel(
            f"This {type(model).__name__} can't be saved as it is: {why}.",
            hint="Put its class or function in a .py file of its own and import it from there, "
            "or install cloudpickle (pip install cloudpickle), which saves it by value.",
        )
    try:
        return _by_value(model)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InvalidModel(
            f"This {type(model).__name__} can't be saved: {error}.",
            hint="It holds something that lives in this process only (an open file, a connection, a lock): make that in predict.",
        ) from error


def _by_value(model: Any) -> tuple[bytes, str, list[FunctionType]]:
    """Pickle with cloudpickle, and see which functions it takes by value: no opcode of the pickle names what these import."""
    seen: list[FunctionType] = []

    class Pickler(importlib.import_module("cloudpickle").Pickler):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, FunctionType) and not _is_importable(obj):
                seen.append(obj)
            return super().reducer_override(obj)

    written = io.BytesIO()
    Pickler(written, protocol=5).dump(model)
    return written.getvalue(), "cloudpickle", seen


def _is_importable(function: FunctionType) -> bool:
    """Return whether importing its module gives the function, so that the pickle only names it."""
    return function.__module__ != "__main__" and "<" not in function.__qualname__
