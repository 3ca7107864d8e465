"""Signatures: the columns or tensors that a model takes and returns."""

from typing import Literal

import msgspec

ColumnType = Literal[
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "string", "datetime", "json",
]  # fmt: skip
"""NumPy's names where NumPy has one. `datetime`: ISO 8601 text in JSON. `json`: any JSON value (lists, objects …)."""

TensorType = Literal[
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "string",
]  # fmt: skip

Container = Literal["numpy", "pandas", "polars", "lists", "dicts", "columns", "values", "tensors"]
"""What the model's own code is given for a batch of n rows:
numpy: ndarray (n, columns) · pandas / polars: DataFrame · lists: list of n lists · dicts: list of n dicts by column ·
columns: dict of column → list of n values · values: list of n values (exactly one column) ·
tensors: one ndarray, or, when there are several, a dict of name → ndarray."""

V2_DATATYPES = {
    "bool": "BOOL", "int8": "INT8", "int16": "INT16", "int32": "INT32", "int64": "INT64", "uint8": "UINT8", "uint16": "UINT16",
    "uint32": "UINT32", "uint64": "UINT64", "float16": "FP16", "float32": "FP32", "float64": "FP64", "string": "BYTES",
    "datetime": "BYTES", "json": "BYTES",
}  # fmt: skip
"""Our type names in the words of the Open Inference Protocol V2."""


class Column(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One column of a table."""

    name: str
    type: ColumnType
    nullable: bool = False
    """Whether a value may be missing: `null` in JSON, which the model sees as NaN (floats), NaT or None."""
    categories: list[str] | None = None
    """The only values a pandas categorical takes, in the order of their codes; None for anything else."""


class Tensor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tensor; the first dimension counts the rows of a request and is -1, as is every other free dimension."""

    name: str
    type: TensorType
    shape: list[int]

    def __post_init__(self) -> None:
        if not self.shape or self.shape[0] != -1 or any(size < -1 for size in self.shape):
            raise ValueError(f"tensor {self.name!r}: shape {self.shape} must begin with -1 (rows) and hold sizes or -1")


class Columns(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="columns", tag_field="kind"):
    """A table: named columns, in order."""

    columns: list[Column]
    container: Container = "dicts"

    def __post_init__(self) -> None:
        _check_names([column.name for column in self.columns], "column")
        if self.container == "values" and len(self.columns) != 1:
            raise ValueError("the container 'values' holds exactly one column")
        if self.container == "tensors":
            raise ValueError("columns are never given as tensors")


class Tensors(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="tensors", tag_field="kind"):
    """Named tensors, in order."""

    tensors: list[Tensor]

    def __post_init__(self) -> None:
        _check_names([tensor.name for tensor in self.tensors], "tensor")


class Signature(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model takes and, once the check has seen it answer, what it returns."""

    inputs: Columns | Tensors
    outputs: Columns | Tensors | None = None


def _check_names(names: list[str], what: str) -> None:
    if not names:
        raise ValueError(f"a signature needs at least one {what}")
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) != len(names) else []
    if twice:
        raise ValueError(f"{what} names must differ; given twice: {', '.join(twice)}")
