"""Hugging Face: pipelines and models of transformers, from a folder of the bundle and never from a hub."""

import importlib
import os
from pathlib import Path
from typing import Any

from ...errors import CannotLoad
from ...model import SignatureFields

_CLASSES = {
    "tokenizer": "AutoTokenizer", "image_processor": "AutoImageProcessor", "feature_extractor": "AutoFeatureExtractor",
    "processor": "AutoProcessor",
}  # fmt: skip
_STEPS = ("preprocess", "forward", "postprocess")
_NOT_KNOWN = "a model of transformers, which pads the rows of a batch to one length"


def load(bundle: Path, loader: "dict[str, Any]", _signature: "SignatureFields | None") -> "Pipeline | Network":
    """Formats: pipeline (options `task`, `class`, `parts`, and the parameters of its steps), model (option `class`)."""
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    transformers = importlib.import_module("transformers")
    options, folder = loader.get("options") or {}, str(bundle / loader["file"])
    if loader.get("method", "predict") not in ("predict", "forward", "__call__"):
        raise CannotLoad(f"transformers has no method {loader['method']!r} here", hint='Leave method at "predict".')
    network = getattr(transformers, options["class"]).from_pretrained(folder, local_files_only=True).eval()
    if loader.get("format") == "model":
        return Network(network)
    if loader.get("format") != "pipeline":
        raise CannotLoad(f"format {loader.get('format')!r} is not known for transformers; use pipeline or model")
    made = transformers.pipeline(options["task"], model=network, **_parts(transformers, folder, options))
    for step in _STEPS:
        getattr(made, f"_{step}_params").update(options.get(step) or {})
    return Pipeline(made)


def _parts(transformers: Any, folder: str, options: "dict[str, Any]") -> "dict[str, Any]":
    """Load the parts that prepare the inputs, as they were saved with the network."""
    return {
        part: getattr(transformers, _CLASSES[part]).from_pretrained(folder, local_files_only=True)
        for part in options.get("parts") or ()
    }


class Pipeline:
    """A pipeline, which is called with a list of texts, images or objects."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline

    def predict(self, inputs: Any) -> Any:
        """See LoadedModel."""
        return self._pipeline(inputs.tolist() if hasattr(inputs, "tolist") else inputs)

    def mixing_step(self) -> str:
        """See WorksByRow."""
        return _NOT_KNOWN


class Network:
    """A model that is called with tensors by name."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._torch = importlib.import_module("torch")
        self._numpy = importlib.import_module("numpy")

    def predict(self, inputs: Any) -> Any:
        """The tensors of its output by name; see LoadedModel."""
        named = inputs if isinstance(inputs, dict) else {self._network.main_input_name: inputs}
        with self._torch.inference_mode():
            outputs = self._network(**{name: self._tensor(values) for name, values in named.items()})
        return {name: part for name, part in outputs.items() if isinstance(part, self._torch.Tensor)}

    def mixing_step(self) -> str:
        """See WorksByRow."""
        return _NOT_KNOWN

    def _tensor(self, values: Any) -> Any:
        return self._torch.from_numpy(self._numpy.require(values, requirements=["C", "W"]))
