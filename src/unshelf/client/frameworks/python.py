"""Plain Python: a function or class goes as its own file with what it imports; an object with state as a pickle."""

import inspect
import json
import types
from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks import local_modules, pickles
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.contracts.bundle import Loader


def save(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    """Save a function or class of the user's file by its `entry`; pickle anything else, by value if necessary."""
    if isinstance(model, types.ModuleType):
        raise InvalidModel(f"{model.__name__} is a module.", hint=f"Give its function: {model.__name__}.predict.")
    if not callable(model) and not hasattr(model, wanted.method):
        raise InvalidModel(
            f"The model, of the type {type(model).__name__}, has no method {wanted.method!r} and can't be called.",
            hint="Give a model, a function of the rows, or name its method: method=….",
        )
    options = _class_options(model, wanted) if isinstance(model, type) else {}
    if isinstance(model, types.FunctionType | type) and _is_in_a_file(model):
        code = local_modules.copy([model.__module__], folder)
        return SavedModel(
            loader=Loader(
                kind="python",
                entry=f"{local_modules.path_of(model.__module__)}:{model.__name__}",
                method=wanted.method,
                options=options,
            ),
            requirements=distributions_of(code.imports),
            contains_code=True,
            notes=[f"Your own files {', '.join(code.files)} go with the model."],
        )
    written = pickles.write(model, folder)
    return SavedModel(
        loader=Loader(kind="python", file=written.file, format=written.format, method=wanted.method, options=options),
        requirements=distributions_of(written.modules),
        contains_code=True,
        notes=written.notes,
    )


def _class_options(model: type, wanted: SaveOptions) -> dict[str, Any]:
    """Return the loader's options for a class, of which the worker makes an instance. Raises InvalidModel where it could not."""
    if not hasattr(model, wanted.method) and not any("__call__" in vars(base) for base in model.__mro__):
        raise InvalidModel(
            f"The class {model.__name__} has no method {wanted.method!r}.",
            hint="Give it that method, or name another one: method=….",
        )
    init = wanted.init or {}
    try:
        if json.loads(json.dumps(init)) != init:
            raise TypeError("it holds something that JSON can't carry")
        inspect.signature(model).bind(**init)
    except TypeError as error:
        raise InvalidModel(
            f"The class {model.__name__} can't be made in the worker with the arguments that it is given: {error}.",
            hint=f"Give an instance: unshelf.deploy({model.__name__}(…)). Or give all arguments of its __init__ defaults, or "
            "their values as JSON has them: init={…}.",
        ) from error
    except ValueError:  # of native code, which does not tell
        return {"init": init} if init else {}
    return {"init": init} if init else {}


def _is_in_a_file(model: Any) -> bool:
    """Return whether importing the file of its module gives the same object back (not so for lambdas and what is nested)."""
    return (
        local_modules.is_local(model.__module__)
        and model.__qualname__ == model.__name__
        and model.__name__ != "<lambda>"
    )
