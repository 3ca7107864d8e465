"""Columns of NumPy: each as an array of one dimension, of the type that the signature names."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from ...encoding.types import FLOATS
from ..moments import Moments, python_moments

NO_TIME = -(2**63)
"""The count that NumPy reads as NaT."""


def count_array(counts: Sequence[Any]) -> Any:
    """Counts of a unit, None where one is missing, as an array of 64-bit integers in which that is NaT."""
    numpy: Any = importlib.import_module("numpy")
    if isinstance(counts, numpy.ndarray):
        return counts
    return numpy.array([NO_TIME if count is None else count for count in counts], dtype="int64")


def moments_for_numpy(field: dict[str, Any]) -> Moments:
    """How datetimes and durations of a column are read: as counts where the array is of NumPy's own type for them."""
    return Moments(field, "", None) if str(field.get("dtype"))[1:8] in ("atetime", "imedelt") else python_moments(field)


def numpy_array(field: dict[str, Any]) -> Callable[[Sequence[Any]], Any]:
    """Return what makes the array of a column."""
    numpy: Any = importlib.import_module("numpy")
    name, dtype = field["type"], field.get("dtype")
    if (
        dtype is None
        and name not in FLOATS
        and (field.get("nullable") or name in ("string", "datetime", "duration", "bytes", "json"))
    ):
        dtype = "object"
    if dtype == "object":
        return lambda values: numpy.fromiter(values, dtype=object, count=len(values))
    if name in ("datetime", "duration"):
        return lambda counts: count_array(counts).view(dtype)
    kind = numpy.dtype(dtype or name)
    return lambda values: numpy.array(values, dtype=kind)
