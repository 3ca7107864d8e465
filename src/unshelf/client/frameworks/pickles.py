"""Pickles: how a model is written where nothing safer can hold it, and what a pickle from elsewhere needs."""

import dis
import importlib
import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import CodeType
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks import local_modules
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.opcodes import imported_modules, read_pickle
from unshelf.client.saved import Saved
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

    Raises InvalidModel, which tells both ways out, when cloudpickle is needed and is not installed."""
    data, format = _pickled(model)
    modules = imported_modules(data)
    if format == "cloudpickle":
        modules += ["cloudpickle", *_imports_inside(model)]
    code = local_modules.copy([module for module in modules if local_modules.is_local(module)], folder)
    (folder / "model.pkl").write_bytes(data)
    notes = [f"Your own files {', '.join(code.files)} go with the model."] if code.files else []
    return Written(file="model.pkl", format=format, modules=[*modules, *code.imports], notes=notes)


def from_file(path: Path, folder: Path, *, method: str) -> Saved:
    """A pickle or joblib file: its opcodes tell the modules it imports, and so its framework; it is not unpickled."""
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
    return Saved(
        loader=Loader(
            kind="sklearn" if estimator else "python",
            file=path.relative_to(folder).as_posix(),
            format=format,
            method=method,
        ),
        requirements=distributions_of(needed),
        contains_code=True,
        notes=[f"{path.name} is a pickle, which is code: it is opened by the model's own worker only."],
    )


def _pickled(model: Any) -> tuple[bytes, str]:
    try:
        data = pickle.dumps(model, protocol=5)
        unknown = [module for module in imported_modules(data) if module == "__main__"]
        why = "it is defined in a notebook or script" if unknown else ""
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        data, why = b"", str(error)
    if not why:
        return data, "pickle"
    if find_spec("cloudpickle") is None:
        raise InvalidModel(
            f"This {type(model).__name__} can't be saved as it is: {why}.",
            hint="Put its class or function in a .py file of its own and import it from there, "
            "or install cloudpickle (pip install cloudpickle), which saves it by value.",
        )
    try:
        return importlib.import_module("cloudpickle").dumps(model, protocol=5), "cloudpickle"
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InvalidModel(
            f"This {type(model).__name__} can't be saved: {error}.",
            hint="It holds something that lives in this process only (an open file, a connection, a lock): make that in predict.",
        ) from error


def _imports_inside(model: Any) -> Iterator[str]:
    """The modules that by-value functions import when they run: no opcode of the pickle names these."""
    functions = [model] if hasattr(model, "__code__") else list(vars(type(model)).values())
    waiting: list[CodeType] = [function.__code__ for function in functions if hasattr(function, "__code__")]
    while waiting:
        code = waiting.pop()
        yield from (str(step.argval) for step in dis.get_instructions(code) if step.opname == "IMPORT_NAME")
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
