"""ONNX: a graph run by ONNX Runtime, with any number of inputs and outputs."""

import importlib
import os
from pathlib import Path
from typing import Any

from ..errors import CannotLoad
from ..model import SignatureFields
from ..row_wise.onnx_graph import mixing_node

TYPES = {
    "tensor(bool)": "bool", "tensor(int8)": "int8", "tensor(int16)": "int16", "tensor(int32)": "int32",
    "tensor(int64)": "int64", "tensor(uint8)": "uint8", "tensor(uint16)": "uint16", "tensor(uint32)": "uint32",
    "tensor(uint64)": "uint64", "tensor(float16)": "float16", "tensor(float)": "float32", "tensor(double)": "float64",
    "tensor(string)": "string",
}  # fmt: skip
"""ONNX Runtime's names of the types that a signature knows."""


def load(bundle: Path, loader: dict[str, Any], _signature: SignatureFields | None) -> "Graph":
    """Options: `outputs`, the names of the outputs that answer (default: all of the graph's)."""
    onnxruntime = importlib.import_module("onnxruntime")
    settings = onnxruntime.SessionOptions()
    # ONNX Runtime has threads of its own, which do not heed the variable that limits those of everybody else.
    settings.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
    offered = onnxruntime.get_available_providers()
    providers = [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in offered]
    file = bundle / loader["file"]
    session = onnxruntime.InferenceSession(str(file), settings, providers=providers)
    return Graph(session, (loader.get("options") or {}).get("outputs"), file)


class Graph:
    """A session, its inputs, and the outputs that are asked for."""

    def __init__(self, session: Any, outputs: list[str] | None, file: Path) -> None:
        self._numpy = importlib.import_module("numpy")
        self._session = session
        self._file = file
        self._inputs = session.get_inputs()
        known = [output.name for output in session.get_outputs()]
        self._outputs = outputs or known
        if missing := [name for name in self._outputs if name not in known]:
            raise CannotLoad(
                f"the graph has no output {missing[0]!r}", hint=f"Its outputs are {', '.join(known)}; name one of them."
            )
        for node in self._inputs:
            if node.type not in TYPES:
                raise CannotLoad(f"the graph's input {node.name!r} is a {node.type}, which no request can hold")
            if not node.shape or (isinstance(node.shape[0], int) and node.shape[0] != 1):
                raise CannotLoad(
                    f"the first dimension of the graph's input {node.name!r} is fixed: {_shown(node.shape)}",
                    hint="Export it with a dynamic first dimension, which counts the rows of a request.",
                )
        # A graph for exactly one row is run row by row.
        self._one_row = any(node.shape[0] == 1 for node in self._inputs)

    def predict(self, inputs: Any) -> Any:
        """The graph's only output, or a dict of all by name. Numbers are given to the graph in the type it takes."""
        feeds = self._feeds(inputs)
        if not self._one_row:
            return self._named(self._session.run(self._outputs, feeds))
        rows = len(next(iter(feeds.values())))
        answers = []
        for row in range(rows):
            feed = {name: array[row : row + 1] for name, array in feeds.items()}
            answers.append(self._session.run(self._outputs, feed))
        return self._named([self._joined(list(parts)) for parts in zip(*answers, strict=True)])

    def mixing_step(self) -> str:
        """See WorksByRow."""
        return "" if self._one_row else mixing_node(self._file, {node.name: len(node.shape) for node in self._inputs})

    def describe(self) -> SignatureFields:
        """The graph's own inputs; every dimension that is no number is free, and the first one always is."""
        tensors = []
        for node in self._inputs:
            sizes = [size if isinstance(size, int) and size > 0 else -1 for size in node.shape[1:]]
            tensors.append({"name": node.name, "type": TYPES[node.type], "shape": [-1, *sizes]})
        return {"kind": "tensors", "tensors": tensors}

    def _feeds(self, inputs: Any) -> dict[str, Any]:
        """The graph's inputs by name, from whatever container the signature has."""
        if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict):
            inputs = {name: [row[name] for row in inputs] for name in inputs[0]}
        if len(self._inputs) == 1:
            (node,) = self._inputs
            if isinstance(inputs, dict):
                columns = list(inputs.values())
                inputs = columns[0] if len(columns) == 1 else self._numpy.stack(columns, axis=1)
            elif hasattr(inputs, "to_numpy"):
                inputs = inputs.to_numpy()
            return {node.name: self._array(inputs, node)}
        return {node.name: self._array(self._column(inputs, node.name), node) for node in self._inputs}

    def _column(self, inputs: Any, name: str) -> Any:
        try:
            return inputs[name]
        except (KeyError, TypeError, IndexError):
            names = ", ".join(node.name for node in self._inputs)
            raise ValueError(f"the graph takes {names}; the inputs have no {name!r}") from None

    def _array(self, values: Any, node: Any) -> Any:
        """An array of the type and rank that the graph takes."""
        wanted = TYPES[node.type]
        array = self._numpy.asarray(values, dtype=object if wanted == "string" else wanted)
        while array.ndim < len(node.shape) and array.ndim > 0:
            array = array[..., None]
        return array

    def _joined(self, parts: list[Any]) -> Any:
        if isinstance(parts[0], list):
            return [value for part in parts for value in part]
        return self._numpy.concatenate(parts)

    def _named(self, answers: list[Any]) -> Any:
        plain = [_with_text_keys(answer) if isinstance(answer, list) else answer for answer in answers]
        return plain[0] if len(plain) == 1 else dict(zip(self._outputs, plain, strict=True))


def _with_text_keys(rows: list[Any]) -> list[Any]:
    """A sequence of maps (scikit-learn's probabilities by label, say) as JSON can hold it."""
    return [{str(key): value for key, value in row.items()} if isinstance(row, dict) else row for row in rows]


def _shown(shape: list[Any]) -> str:
    return "[" + ", ".join(str(size) for size in shape) + "]"
