"""Python code as a model: a function or class in a file of the bundle, or an object pickled with it."""

import importlib
import importlib.util
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import CannotLoad
from ..model import Model, SignatureFields

_HOW = 'Write `predict = "predict.py:predict"`: a file of the model, a colon, a function or class in it.'


class Callee:
    """A model whose answer is one call."""

    def __init__(self, call: Callable[[Any], Any]) -> None:
        self._call = call

    def predict(self, inputs: Any) -> Any:
        """See Model."""
        return self._call(inputs)


def load(bundle: Path, loader: dict[str, Any], signature: SignatureFields | None) -> Model:  # noqa: ARG001 - code needs none
    """The function; or the method of an instance of the class, whose `load(folder)` is called first; or of the pickled object."""
    method = loader.get("method", "predict")
    if loader.get("entry") is None:
        return Callee(_method(_unpickled(bundle, loader), method))
    found = _found(bundle, loader["entry"])
    if not isinstance(found, type):
        if not callable(found):
            raise CannotLoad(f"{loader['entry']} is a {type(found).__name__}, which can't be called", hint=_HOW)
        return Callee(found)
    instance = found()
    if hasattr(instance, "load"):
        instance.load(bundle)
    return Callee(_method(instance, method))


def import_file(path: Path) -> Any:
    """Import a file of the bundle as a module of its own name, so that pickles and its neighbours find it by that name."""
    folder, name = str(path.parent), path.stem
    if folder not in sys.path:
        sys.path.append(folder)
    if name in sys.modules or name in sys.stdlib_module_names:  # a file named like a module that others need
        name = f"unshelf_bundle_{name}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CannotLoad(f"{path.name} is no Python file", hint=_HOW)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _found(bundle: Path, entry: str) -> Any:
    file, _, name = entry.partition(":")
    path = bundle / file
    if not name or not path.is_file():
        raise CannotLoad(f"the entry {entry!r} names no file of the bundle and something in it", hint=_HOW)
    module = import_file(path)
    if not hasattr(module, name):
        raise CannotLoad(f"{file} has no {name!r}", hint=_HOW)
    return getattr(module, name)


def _unpickled(bundle: Path, loader: dict[str, Any]) -> Any:
    if loader.get("file") is None:
        raise CannotLoad("the loader `python` needs an entry or a pickle file", hint=_HOW)
    reader = importlib.import_module("cloudpickle") if loader.get("format") == "cloudpickle" else pickle
    with (bundle / loader["file"]).open("rb") as file:
        return reader.load(file)


def _method(instance: Any, name: str) -> Callable[[Any], Any]:
    found = getattr(instance, name, None)
    if callable(found):
        return found
    if callable(instance) and name == "predict":  # a plain function, or an object that is called itself
        return instance
    raise CannotLoad(
        f"a {type(instance).__name__} has no method {name!r}",
        hint="Give it that method, or name another one with `method`.",
    )
