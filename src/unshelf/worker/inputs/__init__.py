"""Inputs: from what a protocol found in a body to what the model is given, by the signature, for one request or many."""

from typing import Any

from .matrices import MatrixInputs
from .memory import ArrayMemory
from .parts import Inputs
from .tables import TableInputs
from .tensors import TensorInputs


def plan_inputs(signature: dict[str, Any], memory: ArrayMemory) -> Inputs:
    """The reader for a signature's `inputs` part: the leanest one that can serve it; large arrays are made in `memory`."""
    if signature["kind"] == "tensors":
        return TensorInputs(signature["tensors"], memory)
    columns, container = signature["columns"], signature.get("container", "dicts")
    if MatrixInputs.fits(columns, container):
        return MatrixInputs(columns, container, memory)
    return TableInputs(columns, container, memory)
