"""Python code as a model: a function or class in a file of the bundle, or an object pickled with it."""

import importlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from ..errors import CannotLoad
from ..model import LoadedModel, SignatureFields
from ..parameters.declared import declared_parameters
from ..row_wise.estimators import mixing_step
from ..scores.source import ScoresSource, source_of
from .classes import make_instance
from .entry_point import import_entry

_HOW = 'Write `predict = "predict.py:predict"`: a file of the model, a colon, a function or class in it.'


class Callee:
    """A model whose answer is one call."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def predict(self, inputs: Any, /, **parameters: Any) -> Any:
        """See LoadedModel."""
        return self._call(inputs, **parameters)

    def declared_parameters(self) -> list[dict[str, Any]]:
        """See TakesParameters: the arguments of its function beside the inputs."""
        return declared_parameters(self._call)


class Instance(Callee):
    """An instance of a class of the bundle's code."""

    def __init__(self, instance: Any, method: str) -> None:
        super().__init__(_method(instance, method))
        self._instance = instance
        self._method = method

    def scores_source(self, method: str) -> ScoresSource | None:
        """See GivesScores."""
        return source_of(self._instance, method, answers_by=self._method)


class PickledObject(Instance):
    """An object that was pickled, which may be a known library's own."""

    def mixing_step(self) -> str:
        """See WorksByRow."""
        return mixing_step(self._instance, self._method)


def load(bundle: Path, loader: dict[str, Any], signature: SignatureFields | None) -> LoadedModel:  # noqa: ARG001 - code needs none
    """The function; or the method of an instance of the class, whose `load` is called first; or of the pickled object.

    Option `init`: the keyword arguments of the class."""
    method = loader.get("method", "predict")
    entry = loader.get("entry")
    found = _unpickled(bundle, loader) if entry is None else import_entry(bundle, entry)
    if isinstance(found, type):
        instance = make_instance(found, bundle, method=method, init=(loader.get("options") or {}).get("init", {}))
        return Instance(instance, method)
    if entry is None:
        return PickledObject(found, method)
    if not callable(found):
        raise CannotLoad(f"{entry} is a {type(found).__name__}, which can't be called", hint=_HOW)
    return Callee(found)


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
