"""Rows of any usual kind as JSON by the one rule for numbers: missing is null, infinity is "Infinity"; docs/concepts/numbers.md."""

import base64
import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from unshelf.client.data.data_types import DataKind, kind_of, type_name
from unshelf.client.data.images import image_text
from unshelf.client.errors import InvalidRows

MAX_DEPTH = 64
_NAT = -(2**63)
_PLAIN = (str, bool, int, float)
_POLARS_BYTES = frozenset({"Binary", "Object", "List", "Array", "Struct"})
_MICROSECOND = timedelta(microseconds=1)
_ACCEPTED = "a list, a NumPy array, a pandas or polars DataFrame, or a dict of columns or tensors"


def encode_inputs(rows: Any, params: Mapping[str, Any] | None = None) -> bytes:
    """Return the body of a native predict call: `{"inputs": [row, …]}`, with `params` where there are some. Raises InvalidRows.

    Columns of bytes and images are named in `base64`, so that a column of texts does not take their base64 for a text."""
    body = {"inputs": as_rows(rows)}
    if params:
        body["params"] = _plain_params(params)
    if marks := base64_columns(rows):
        body["base64"] = marks
    return msgspec.json.encode(body)


def encode_params(params: Mapping[str, Any] | None) -> str:
    """Return the parameters for the header that takes them beside a body, in ASCII; empty without any. Raises InvalidRows."""
    return json.dumps(_plain_params(params)) if params else ""


def _plain_params(params: Mapping[str, Any]) -> Any:
    if not isinstance(params, Mapping):  # no type checker sees the calls of a notebook
        raise InvalidRows(
            f"The parameters of a prediction are a dict, got {type(params).__name__}.",
            hint='Give values by name: params={"top_k": 3}.',
        )
    return plain(dict(params))


def as_rows(rows: Any) -> list[Any]:
    """`rows` as plain lists, dicts, numbers and texts, one entry a row. NaN may be in there; JSON makes it null.

    A DataFrame gives one dict a row, an array one (nested) list a row, a Series or a flat list its values, and a dict of
    columns or of tensors one dict a row. Raises InvalidRows."""
    kind = kind_of(rows)
    if kind == "mapping":
        return _transpose({str(name): as_values(column) for name, column in rows.items()})
    if kind == "pandas_frame":
        _check_names_differ([str(name) for name in rows.columns])
        return _transpose({str(name): as_values(rows.iloc[:, place]) for place, name in enumerate(rows.columns)})
    if kind == "polars_frame":
        return _transpose({column.name: as_values(column) for column in rows.get_columns()})
    if kind in ("bytes", "image"):
        return [plain(rows)]
    if kind == "other":
        raise InvalidRows(f"Rows can't be {type_name(rows)}.", hint=f"Give {_ACCEPTED}.")
    if kind == "numpy_array" and rows.ndim == 0:
        raise InvalidRows("Rows can't be a single number.", hint=f"Give {_ACCEPTED}.")
    return as_values(rows)


def base64_columns(rows: Any) -> list[str | int]:
    """Return the columns that hold bytes or images: their names, of rows that are arrays their places."""
    kind = kind_of(rows)
    if kind == "mapping":
        return [str(name) for name, column in rows.items() if _holds_bytes(column)]
    if kind == "pandas_frame":
        return [
            str(name)
            for place, name in enumerate(rows.columns)
            if _holds_bytes(rows.iloc[:, place])
        ]  # fmt: skip
    if kind == "polars_frame":
        return [column.name for column in rows.get_columns() if _holds_bytes(column)]
    if kind in ("bytes", "image", "pandas_series", "polars_series"):
        return [0] if _holds_bytes(rows) else []
    if kind != "sequence" and not (kind == "numpy_array" and rows.dtype.kind == "O"):
        return []
    found: dict[str | int, None] = {}  # in the order in which they come
    for row in rows if kind == "sequence" else rows.tolist():
        if isinstance(row, dict):
            found |= {str(name): None for name, value in row.items() if _holds_bytes(value)}
        elif isinstance(row, list | tuple):
            found |= {place: None for place, value in enumerate(row) if _holds_bytes(value)}
        elif _holds_bytes(row):
            found[0] = None
    return list(found)


def _holds_bytes(value: Any) -> bool:
    """Whether a value is or holds bytes or an image."""
    if value is None or isinstance(value, _PLAIN):
        return False
    kind = kind_of(value)
    if kind in ("bytes", "image"):
        return True
    if kind == "mapping":
        return any(map(_holds_bytes, value.values()))
    if kind == "sequence":
        return any(map(_holds_bytes, value))
    if kind == "polars_series":
        return type(value.dtype).__name__ in _POLARS_BYTES and any(map(_holds_bytes, value.to_list()))
    # NumPy's object arrays, and series of objects: everything else has no room for bytes.
    return (
        kind in ("numpy_array", "pandas_series") and _is_object(value.dtype) and any(map(_holds_bytes, value.tolist()))
    )


def _is_object(dtype: Any) -> bool:
    """Whether a dtype of NumPy or pandas has values of any kind, or bytes of Arrow."""
    return getattr(dtype, "kind", "") == "O"


def as_values(values: Any) -> list[Any]:
    """One column, or one tensor's rows, as plain values."""
    kind = kind_of(values)
    if kind in ("other", "numpy_scalar", "mapping", "bytes", "image"):
        raise InvalidRows(f"Expected a list of values, one a row, got {type_name(values)}.", hint=f"Give {_ACCEPTED}.")
    convert: Callable[[Any], list[Any]] = _CONVERSIONS.get(kind, _from_sequence)
    return convert(values)


def plain(value: Any, depth: int = 0) -> Any:
    """One value of any usual kind as what JSON has. Raises InvalidRows for what JSON has no word for."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _finite(float(value))
    if depth > MAX_DEPTH:
        raise InvalidRows(f"A value is nested more than {MAX_DEPTH} deep.")
    if isinstance(value, dict):
        return {str(name): plain(entry, depth + 1) for name, entry in value.items()}
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.isoformat() if hasattr(value, "isoformat") else _duration(value // _MICROSECOND * 1000)
    kind = kind_of(value)
    if kind == "bytes":
        return base64.b64encode(value).decode()
    if kind == "image":
        return image_text(value)
    if kind == "numpy_scalar":
        return _from_numpy(value.reshape(1))[0]
    if kind == "sequence":
        return [plain(entry, depth + 1) for entry in value]
    if kind != "other":
        return as_rows(value)
    raise InvalidRows(
        f"JSON has no word for {type_name(value)}.", hint="Turn it into a number, a text, a list or a dict first."
    )


def _from_sequence(values: Iterable[Any]) -> list[Any]:
    return [plain(value) for value in values]


def _from_numpy(array: Any) -> list[Any]:
    letter = array.dtype.kind
    if letter in "biuU":
        return list(array.tolist())
    if letter == "f":
        # NaN needs no work, msgspec writes it as null; infinity is rare enough to look for it in one fast pass.
        values = array.astype("float64").tolist() if array.dtype.itemsize > 8 else array.tolist()
        return _map_leaves(_finite, values) if (abs(array) == math.inf).any() else list(values)
    if letter == "M":
        return _map_leaves(lambda text: None if text == "NaT" else text, array.astype(str).tolist())
    if letter == "m":
        counts = array.astype("timedelta64[ns]")
        if (counts.astype(array.dtype) != array)[counts == counts].any():  # noqa: PLR0124 - NaT differs from itself
            raise InvalidRows("A duration is too long to be counted in nanoseconds.", hint="Give shorter ones.")
        return _map_leaves(lambda count: None if count == _NAT else _duration(count), counts.astype("int64").tolist())
    if letter == "O":
        return [plain(value) for value in array.tolist()]
    raise InvalidRows(
        f"JSON has no word for an array of {array.dtype}.", hint="Turn it into numbers, texts or datetimes first."
    )


def _from_pandas(series: Any) -> list[Any]:
    if type(series.dtype).__module__.startswith("numpy") and series.dtype.kind in "biuf":
        return _from_numpy(series.to_numpy())
    return [None if gone else plain(value) for value, gone in zip(series.tolist(), series.isna(), strict=True)]


def _from_polars(series: Any) -> list[Any]:
    if type(series.dtype).__name__ == "Datetime":
        zone = "Z" if series.dtype.time_zone else ""
        # In UTC: offsets of long ago have seconds, which polars does not write.
        moments = series.dt.convert_time_zone("UTC") if zone else series
        return list(moments.dt.strftime(f"%Y-%m-%dT%H:%M:%S%.f{zone}").to_list())
    if type(series.dtype).__name__ == "Duration":
        length = {"ms": 1_000_000, "us": 1000, "ns": 1}[series.dtype.time_unit]
        counts = series.to_physical().to_list()
        return [None if count is None else _duration(count * length) for count in counts]
    return [plain(value) for value in series.to_list()]


def _duration(nanoseconds: int) -> str:
    """A duration in the notation of ISO 8601, in seconds."""
    seconds, fraction = divmod(abs(nanoseconds), 1_000_000_000)
    digits = f".{fraction:09}".rstrip("0") if fraction else ""
    return f"{'-' if nanoseconds < 0 else ''}PT{seconds}{digits}S"


def _from_torch(tensor: Any) -> list[Any]:
    values = tensor.detach().cpu().tolist()
    return _map_leaves(_finite, values) if tensor.dtype.is_floating_point else list(values)


_CONVERSIONS: dict[DataKind, Callable[[Any], list[Any]]] = {
    "numpy_array": _from_numpy,
    "pandas_series": _from_pandas,
    "polars_series": _from_polars,
    "torch_tensor": _from_torch,
}


def _finite(number: float) -> Any:
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return number


def _map_leaves(change: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    return [_map_leaves(change, value) if isinstance(value, list) else change(value) for value in values]


def _transpose(columns: dict[str, list[Any]]) -> list[Any]:
    if not columns:
        return []
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        described = ", ".join(f"{name!r} has {length}" for name, length in list(lengths.items())[:5])
        raise InvalidRows(f"The columns differ in length: {described}.", hint="Every column needs one value a row.")
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _check_names_differ(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise InvalidRows(f"Two columns have the same name: {', '.join(map(repr, twice))}.", hint="Rename one.")
