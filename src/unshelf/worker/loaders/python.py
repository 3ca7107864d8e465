"""Python code as a model: a function or class in a file of the bundle, or an object pickled with it."""

import importlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from ..errors import CannotLoad
from ..model import Model, SignatureFields
from .entries import import_entry

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
    found = import_entry(bundle, loader["entry"])
    if not isinstance(found, type):
        if not callable(found):
            raise CannotLoad(f"{loader['entry']} is a {type(found).__name__}, which can't be called", hint=_HOW)
        return Callee(found)
    instance = found()
    if hasattr(instance, "load"):
        instance.load(bundle)
    return Callee(_method(instance, method))


def _unpickled(bundle: Path, loader: dict[str, Any]) -> Any:
    if loader.get("file") is None:
        raise CannotLoad("the loader `python` needs an entry or a pickle file", hint=_HOW)
    path = bundle / loader["file"]
    if loader.get("format") == "joblib":
        return importlib.import_module("joblib").load(path)
    if loader.get("format") == "cloudpickle":
        importlib.import_module(
            "cloudpickle"
        )  # its pickles call it; said here, so that a missing one has a plain reason
    with path.open("rb") as file:
        return pickle.load(file)


def _method(instance: Any, name: str) -> Callable[[Any], Any]:
    found: Callable[[Any], Any] | None = getattr(instance, name, None)
    if callable(found):
        return found
    if callable(instance) and name == "predict":  # a plain function, or an object that is called itself
        return cast(Callable[[Any], Any], instance)
    raise CannotLoad(
        f"a {type(instance).__name__} has no method {name!r}",
        hint="Give it that method, or name another one with `method`.",
    )
