"""Hugging Face: pipelines and models of transformers, as folders of weights (safetensors) and JSON."""

import json
from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.distributions import distributions_of, is_installed
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import ContainerHint, SavedModel
from unshelf.contracts.bundle import Loader

_FOLDER = "model"
_PARTS = ("tokenizer", "image_processor", "feature_extractor", "processor")
"""Parts of a pipeline that prepare the inputs of its network."""
_STEPS = ("preprocess", "forward", "postprocess")


def save(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    """Save a pipeline, or a model of transformers, into `model/`. Raises InvalidModel for what can't be loaded from there."""
    names = [base.__name__ for base in type(model).__mro__]
    network = model.model if "Pipeline" in names else model
    if "PreTrainedModel" not in [base.__name__ for base in type(network).__mro__]:
        raise InvalidModel(
            f"A {type(model).__name__} can't be deployed.",
            hint="Give a pipeline of transformers or a model of it (a PreTrainedModel).",
        )
    if not type(network).__module__.startswith("transformers."):
        raise InvalidModel(
            f"{type(network).__name__} is code from elsewhere, which its folder does not hold.",
            hint="Write a predict.py that makes it from your files, and deploy the folder.",
        )
    target = folder / _FOLDER
    model.save_pretrained(target)
    if "Pipeline" in names:
        return _pipeline(model, network, wanted)
    return _saved(
        Loader(
            kind="transformers", file=_FOLDER, format="model", method=wanted.method,
            options={"class": type(network).__name__},
        ),
        ["torch", "numpy"], takes="tensors",
    )  # fmt: skip


def _pipeline(model: Any, network: Any, wanted: SaveOptions) -> SavedModel:
    parts = [part for part in _PARTS if getattr(model, part, None) is not None]
    options: dict[str, Any] = {"task": model.task, "class": type(network).__name__, "parts": parts}
    notes = []
    for step in _STEPS:
        words = getattr(model, f"_{step}_params", None) or {}
        kept = {name: value for name, value in words.items() if _is_plain(value)}
        lost = sorted(words.keys() - kept.keys())
        if lost:
            notes.append(
                f"The pipeline's parameters {', '.join(lost)} are no values of JSON, and are as they are without a word."
            )
        if kept:
            options[step] = kept
    modules = ["torch", "numpy"]
    if "image_processor" in parts:
        # With torchvision images are resized by it, and else by Pillow, to other numbers.
        modules += ["PIL", *(["torchvision"] if is_installed("torchvision") else [])]
    loader = Loader(kind="transformers", file=_FOLDER, format="pipeline", method=wanted.method, options=options)
    return _saved(loader, modules, notes=notes)


def _saved(
    loader: Loader, modules: list[str], *, takes: ContainerHint = "columns", notes: list[str] | None = None
) -> SavedModel:
    return SavedModel(
        loader=loader,
        requirements=distributions_of(["transformers", "tokenizers", "safetensors", *modules]),
        container_hint=takes,
        notes=notes or [],
    )


def _is_plain(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False
