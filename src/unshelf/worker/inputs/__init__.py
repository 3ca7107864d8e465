"""Inputs: from what a protocol found in a body to what the model is given, by the signature, for one request or many."""

from typing import Any

from .default_columns import DefaultColumns
from .matrices import MatrixInputs
from .memory import ArrayMemory
from .optional_columns import OptionalColumns
from .request_inputs import Inputs
from .tables import OpenTableInputs, TableInputs
from .tensors import TensorInputs


def plan_inputs(signature: dict[str, Any], memory: ArrayMemory) -> Inputs:
    """The reader for a signature's `inputs` part: the leanest one that can serve it; large arrays are made in `memory`."""
    if signature["kind"] == "tensors":
        return TensorInputs(signature["tensors"], memory, named=signature.get("named", False))
    container = signature.get("container", "dicts")

    def plan_table(columns: list[dict[str, Any]]) -> Inputs:
        if MatrixInputs.fits(columns, container):
            return MatrixInputs(columns, container, memory)
        if OpenTableInputs.fits(columns, container):
            return OpenTableInputs(columns, container, memory)
        return TableInputs(columns, container, memory)

    columns = signature["columns"]
    optional = any(column.get("optional") for column in columns)
    inputs = OptionalColumns(columns, plan_table) if optional else plan_table(columns)
    if any("default" in column for column in columns):
        return DefaultColumns(columns, container, inputs)
    return inputs
