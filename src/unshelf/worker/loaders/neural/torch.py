"""PyTorch: an exported program, a TorchScript module, or weights for a class that travels with them."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import CannotLoad
from ...model import SignatureFields
from ...row_wise.torch_program import mixing_operation
from ..entry_point import import_entry

Read = tuple[Any, "list[dict[str, Any]] | None", Any]
"""A module, its inputs where the file itself tells them, and the exported program that it comes from."""


def load(bundle: Path, loader: dict[str, Any], _signature: SignatureFields | None) -> "Module":
    """Formats: export, torchscript, state (with `entry`, the class, and option `init`, its keyword arguments).

    Option `inputs`: the tensors it takes, `[{"name", "type", "shape"}]`, in the order of the forward's arguments."""
    # Tensors inside a .pt2 archive are read as data only: without this, torch falls back to unpickling what it can't read so.
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    torch = importlib.import_module("torch")
    file_format = loader.get("format") or "export"
    if file_format not in _READERS:
        raise CannotLoad(f"format {file_format!r} is not known for PyTorch; use one of {', '.join(_READERS)}")
    torch.use_deterministic_algorithms(True, warn_only=True)
    module, declared_inputs, program = _READERS[file_format](torch, bundle, loader)
    method = loader.get("method") or "predict"
    answer = module if method in ("predict", "forward", "__call__") else getattr(module, method, None)
    if not callable(answer):
        raise CannotLoad(f"the module has no method {method!r}", hint='Deploy it with method "predict", its forward.')
    inputs = (loader.get("options") or {}).get("inputs") or declared_inputs
    return Module(torch, module, answer, inputs, program)


def _read_export(torch: Any, bundle: Path, loader: dict[str, Any]) -> Read:
    program = torch.export.load(str(bundle / loader["file"]))
    return program.module(), _placeholders(program), program


def _placeholders(program: Any) -> list[dict[str, Any]]:
    """The tensors that an exported program takes, as its graph says."""
    inputs = []
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in program.graph_signature.user_inputs:
            tensor = node.meta["val"]
            sizes = [size if isinstance(size, int) else -1 for size in tensor.shape]
            if not sizes or sizes[0] != -1:
                raise CannotLoad(
                    f"the first dimension of the program's input {node.name!r} is fixed: {sizes}",
                    hint="Export it with dynamic_shapes, so that its first dimension counts the rows of a request.",
                )
            inputs.append({"name": node.name, "type": str(tensor.dtype).replace("torch.", ""), "shape": sizes})
    return inputs


def _read_torchscript(torch: Any, bundle: Path, loader: dict[str, Any]) -> Read:
    return torch.jit.load(str(bundle / loader["file"]), map_location="cpu").eval(), None, None


def _read_state(torch: Any, bundle: Path, loader: dict[str, Any]) -> Read:
    module = import_entry(bundle, loader["entry"])(**((loader.get("options") or {}).get("init") or {}))
    weights = torch.load(str(bundle / loader["file"]), map_location="cpu", weights_only=True)
    module.load_state_dict(weights)
    return module.eval(), None, None


_READERS: dict[str, Callable[[Any, Path, dict[str, Any]], Read]] = {
    "export": _read_export,
    "torchscript": _read_torchscript,
    "state": _read_state,
}


class Module:
    """A module in evaluation mode; arrays go in, arrays come out."""

    def __init__(
        self,
        torch: Any,
        module: Any,
        answer: Callable[..., Any],
        inputs: list[dict[str, Any]] | None,
        program: Any,
    ) -> None:
        self._torch = torch
        self._numpy = importlib.import_module("numpy")
        self._answer = answer
        self._inputs = inputs
        self._program = program
        floating = [weight.dtype for weight in module.parameters() if weight.dtype.is_floating_point]
        self._floating = floating[0] if floating else None

    def predict(self, inputs: Any) -> Any:
        """The forward's answer: an ndarray, or a dict of them by name (`output_0`, `output_1` … for a tuple)."""
        with self._torch.inference_mode():
            if isinstance(inputs, dict):
                outputs = self._call_with_names(inputs)
            else:
                outputs = self._answer(self._tensor(inputs, self._inputs[0]["type"] if self._inputs else None))
        return self._arrays(outputs)

    def mixing_step(self) -> str:
        """See WorksByRow: an exported program shows what it does, code that travels with the weights does not."""
        return "its maker's own module" if self._program is None else mixing_operation(self._program)

    def describe(self) -> SignatureFields | None:
        """The tensors that were recorded when the module was saved."""
        return {"kind": "tensors", "tensors": self._inputs} if self._inputs else None

    def _call_with_names(self, inputs: dict[str, Any]) -> Any:
        known = {tensor["name"]: tensor["type"] for tensor in self._inputs or []}
        if set(known) == set(inputs):
            return self._answer(*(self._tensor(inputs[name], known[name]) for name in known))
        return self._answer(**{name: self._tensor(values, None) for name, values in inputs.items()})

    def _tensor(self, values: Any, type: str | None) -> Any:
        """A tensor of the recorded type; without one, numbers with a fraction get the type of the module's weights."""
        array = values.to_numpy() if hasattr(values, "to_numpy") else self._numpy.asarray(values, dtype=None)
        # torch shares an array's memory, so that one that must not be written to is copied first.
        tensor = self._torch.from_numpy(self._numpy.require(array, requirements=["C", "W"]))
        if type is not None:
            return tensor.to(getattr(self._torch, type))
        return tensor.to(self._floating) if self._floating is not None and tensor.is_floating_point() else tensor

    def _arrays(self, outputs: Any) -> Any:
        if isinstance(outputs, self._torch.Tensor):
            outputs = outputs.detach().cpu()
            # NumPy has no bfloat16; every one of its values is a float32.
            return (outputs.float() if outputs.dtype == self._torch.bfloat16 else outputs).numpy()
        if isinstance(outputs, (tuple, list)):
            if len(outputs) == 1:
                return self._arrays(outputs[0])
            return {f"output_{index}": self._arrays(part) for index, part in enumerate(outputs)}
        if hasattr(outputs, "items"):
            return {str(name): self._arrays(part) for name, part in outputs.items()}
        return outputs
