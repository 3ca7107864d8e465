"""Plain Python: a function or class goes as its own file with what it imports; an object with state as a pickle."""

import types
from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks import local_modules, pickles
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.wanted import Wanted
from unshelf.client.saved import Saved
from unshelf.contracts.bundle import Loader


def save(model: Any, folder: Path, wanted: Wanted) -> Saved:
    """A function or class of a file of the user's is named by `entry`; anything else is pickled, by value if it must be."""
    if isinstance(model, types.ModuleType):
        raise InvalidModel(f"{model.__name__} is a module.", hint=f"Give its function: {model.__name__}.predict.")
    if not callable(model) and not hasattr(model, wanted.method):
        raise InvalidModel(
            f"A {type(model).__name__} has no method {wanted.method!r} and can't be called.",
            hint="Give a model, a function of the rows, or name its method: method=….",
        )
    if isinstance(model, types.FunctionType | type) and _is_in_a_file(model):
        code = local_modules.copy([model.__module__], folder)
        return Saved(
            loader=Loader(
                kind="python",
                entry=f"{local_modules.path_of(model.__module__)}:{model.__name__}",
                method=wanted.method,
            ),
            requirements=distributions_of(code.imports),
            contains_code=True,
            notes=[f"Your own files {', '.join(code.files)} go with the model."],
        )
    written = pickles.write(model, folder)
    return Saved(
        loader=Loader(kind="python", file=written.file, format=written.format, method=wanted.method),
        requirements=distributions_of(written.modules),
        contains_code=True,
        notes=written.notes,
    )


def _is_in_a_file(model: Any) -> bool:
    """Whether importing the file of its module gives the same object back (not so for lambdas and what is nested)."""
    return (
        local_modules.is_local(model.__module__)
        and model.__qualname__ == model.__name__
        and model.__name__ != "<lambda>"
    )
