"""Recognise which library a piece of data comes from by its type's name, without importing any."""

from collections.abc import Sequence
from typing import Any, Literal

DataKind = Literal[
    "numpy_array", "numpy_scalar", "pandas_frame", "pandas_series", "polars_frame", "polars_series", "torch_tensor",
    "arrow_table", "image", "bytes", "mapping", "sequence", "other",
]  # fmt: skip

_TYPES: dict[tuple[str, str], DataKind] = {
    ("numpy", "ndarray"): "numpy_array",
    ("numpy", "generic"): "numpy_scalar",
    ("pandas", "DataFrame"): "pandas_frame",
    ("pandas", "Series"): "pandas_series",
    ("pandas", "Index"): "pandas_series",
    ("polars", "DataFrame"): "polars_frame",
    ("polars", "Series"): "polars_series",
    ("torch", "Tensor"): "torch_tensor",
    ("PIL", "Image"): "image",
    ("pyarrow", "Table"): "arrow_table",
    ("pyarrow", "RecordBatch"): "arrow_table",
}


def kind_of(value: Any) -> DataKind:
    """Return the kind of `value`, by the first of its classes that is known here (so subclasses count as their base)."""
    for base in type(value).__mro__:
        library = base.__module__.partition(".")[0]
        if kind := _TYPES.get((library, base.__name__)):
            return kind
    if isinstance(value, dict):
        return "mapping"
    if isinstance(value, bytes | bytearray | memoryview):
        return "bytes"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "sequence"
    return "other"


def type_name(value: Any) -> str:
    """Return the type of `value` as a person would write it: `scipy.sparse.csr_matrix`, `set`."""
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    return kind.__qualname__ if library == "builtins" else f"{library}.{kind.__qualname__}"
