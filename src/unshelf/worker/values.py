"""What models return, as plain Python values: arrays, frames, tensors, scalars and dates of any library, by what they can do."""

import base64
import dataclasses
import datetime
import decimal
import enum
import sys
from collections.abc import Iterable
from typing import Any

_MISSING = frozenset({"NaTType", "NAType"})  # pandas' NaT and NA


def listed(value: Any) -> Any:
    """A list, nested as the value is, of plain values where it is an array, a series or a list; else the value itself.

    Floats are the exact value of what the model returned, so a float32 becomes the double that equals it."""
    if isinstance(value, list):
        return value
    if isinstance(value, tuple):
        return list(value)
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "kind", "") in ("M", "m") and hasattr(value, "astype"):
        return _listed_times(value)
    for name in ("tolist", "to_list"):
        if hasattr(value, name):
            return getattr(value, name)()
    return value


def plain(value: Any) -> Any:
    """A value of types that JSON has, for one of a type that it lacks; raises TypeError when there is none."""
    if type(value).__name__ in _MISSING:
        return None
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _text(bytes(value))
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    value = unwrapped(value)
    if (named := frame_columns(value)) is not None:
        return [dict(zip(named, row, strict=True)) for row in zip(*map(listed, named.values()), strict=False)]
    if (items := listed(value)) is not value:
        return items
    if isinstance(value, Iterable) and not isinstance(value, str):
        return list(value)
    raise TypeError(f"a {type(value).__module__}.{type(value).__qualname__} has no place in JSON")


def unwrapped(value: Any) -> Any:
    """The NumPy array of a tensor or sparse matrix of any framework; anything else as it is."""
    kind = type(value)
    if kind.__module__ in ("builtins", "numpy"):
        return value
    if hasattr(value, "detach") and hasattr(value, "cpu"):  # torch, which may live on a GPU and need gradients
        value = value.detach().cpu().resolve_conj().resolve_neg()
        try:
            return value.numpy()
        except TypeError:  # bfloat16 and its kin, which NumPy lacks; float32 holds them exactly
            return value.float().numpy()
    if hasattr(value, "toarray") and hasattr(value, "nnz"):  # scipy.sparse
        return value.toarray()
    if hasattr(value, "__array__") and not hasattr(value, "columns") and not hasattr(value, "name"):  # jax, tensorflow
        return sys.modules["numpy"].asarray(value)
    return value


def frame_columns(value: Any) -> dict[str, Any] | None:
    """Column name → values of a pandas or polars DataFrame, in order; None for anything else."""
    if not (hasattr(value, "columns") and hasattr(value, "dtypes") and hasattr(value, "shape")):
        return None
    if hasattr(value, "get_columns"):  # polars
        return {series.name: _series(series) for series in value.get_columns()}
    named: dict[str, Any] = {}
    for position, (label, series) in enumerate(value.items()):
        name = str(label)
        named[f"{name}_{position}" if name in named else name] = _series(series)
    return named


def series_values(value: Any) -> Any:
    """The values of a pandas or polars Series; anything else as it is."""
    return _series(value) if hasattr(value, "to_numpy") and hasattr(value, "name") else value


def _series(series: Any) -> Any:
    kind = getattr(getattr(series, "dtype", None), "kind", None)
    if kind is None and hasattr(series, "null_count"):  # polars: nulls stay nulls
        return series.to_list() if series.null_count() or not series.dtype.is_numeric() else series.to_numpy()
    array = series.to_numpy()
    return array if array.dtype.kind in "biufMm" else array.tolist()


def _listed_times(value: Any) -> Any:
    numpy = sys.modules["numpy"]
    array = numpy.asarray(value)
    if array.dtype.kind == "m":
        seconds = array / numpy.timedelta64(1, "s")
        return seconds.tolist()
    texts = numpy.datetime_as_string(array).astype(object)
    return numpy.where(numpy.isnat(array), None, texts).tolist()


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode()
