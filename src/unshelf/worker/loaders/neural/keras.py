"""Keras: models of its own archives, on the backend on which they were made."""

import importlib
import os
from pathlib import Path
from typing import Any

from ...errors import CannotLoad
from ...model import SignatureFields
from ..entry_point import import_entry

_NOT_KNOWN = "a Keras model, of which is not known whether it answers each row alone"


def load(bundle: Path, loader: "dict[str, Any]", _signature: "SignatureFields | None") -> "KerasNetwork":
    """Options: `backend`; `classes`: entries of the maker's own layers; `code`: whether a layer of the archive is code, which
    Keras opens only if asked to."""
    options = loader.get("options") or {}
    if options.get("backend"):
        os.environ["KERAS_BACKEND"] = options["backend"]
    keras = importlib.import_module("keras")
    classes = {each.__name__: each for each in (import_entry(bundle, entry) for entry in options.get("classes") or ())}
    model = keras.saving.load_model(
        bundle / loader["file"], custom_objects=classes, compile=False, safe_mode=not options.get("code", False)
    )
    method = loader.get("method") or "predict"
    answer = getattr(model, method, None)
    if not callable(answer):
        raise CannotLoad(
            f"a {type(model).__name__} of Keras has no method {method!r}", hint='Leave method at "predict".'
        )
    return KerasNetwork(model, answer, {"verbose": 0} if method == "predict" else {})


class KerasNetwork:
    """A model of Keras; arrays go in and come out."""

    def __init__(self, model: Any, answer: Any, words: "dict[str, Any]") -> None:
        self._model = model
        self._answer = answer
        self._words = words

    def predict(self, inputs: Any) -> Any:
        """An array, or a dict of arrays (`output_0` … where the model names none); see LoadedModel."""
        if isinstance(inputs, dict) and len(inputs) == 1 and len(self._model.inputs or ()) == 1:
            (inputs,) = inputs.values()
        answer = self._answer(inputs.to_numpy() if hasattr(inputs, "to_numpy") else inputs, **self._words)
        if isinstance(answer, (list, tuple)):
            return {f"output_{place}": part for place, part in enumerate(answer)}
        return answer

    def describe(self) -> "SignatureFields | None":
        """See DescribesItself: of a model that was built with its inputs."""
        tensors = [
            {"name": str(each.name), "type": str(each.dtype), "shape": [-1 if size is None else size for size in each.shape]}
            for each in self._model.inputs or ()
        ]  # fmt: skip
        free = all(tensor["shape"][:1] == [-1] for tensor in tensors)
        return {"kind": "tensors", "tensors": tensors} if tensors and free else None

    def mixing_step(self) -> str:
        """See WorksByRow."""
        return _NOT_KNOWN
