"""Values of columns as JSON has them: numbers, texts, moments as ISO 8601, bytes as base64, infinities as texts."""

import base64
import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_INFINITIES = {math.inf: "Infinity", -math.inf: "-Infinity"}
_SECONDS = "%Y-%m-%dT%H:%M:%S"


def json_values(column: pa.ChunkedArray | pa.Array, *, whole: bool = False) -> list[Any]:
    """Return the values of a column as JSON has them. `whole`: decimals are whole numbers."""
    kind = column.type
    if pa.types.is_floating(kind):
        values = column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy()
        if column.null_count or not pc.all(pc.is_finite(column)).as_py():
            return [_finite(value) for value in values.tolist()]
        return list(values.tolist())
    if pa.types.is_integer(kind) and not column.null_count:
        values = column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy()
        return list(values.tolist())
    if pa.types.is_timestamp(kind):
        texts = pc.strftime(column, format=_SECONDS).to_pylist()
        return texts if kind.tz is None else [None if text is None else f"{text}+00:00" for text in texts]
    if pa.types.is_decimal(kind):
        return [None if value is None else _number(value, whole=whole) for value in column.to_pylist()]
    plain = pa.types.is_integer(kind) or pa.types.is_boolean(kind) or is_text(kind)
    return list(column.to_pylist()) if plain else [plain_value(value) for value in column.to_pylist()]


def plain_value(value: Any) -> Any:
    """Return a value of Python as JSON has it."""
    convert = _CONVERSIONS.get(type(value))
    return value if convert is None else convert(value)


def _finite(value: float) -> float | str | None:
    return value if math.isfinite(value) else _INFINITIES.get(value)


def _number(value: Decimal, *, whole: bool) -> int | float:
    return int(value) if whole and value == value.to_integral_value() else float(value)


_CONVERSIONS: dict[type, Callable[[Any], Any]] = {
    float: _finite,
    Decimal: lambda value: _number(value, whole=False),
    bytes: lambda value: base64.b64encode(value).decode(),
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: timedelta.total_seconds,
    list: lambda values: [plain_value(value) for value in values],
    tuple: lambda values: [plain_value(value) for value in values],
    dict: lambda members: {str(name): plain_value(value) for name, value in members.items()},
}


def is_text(kind: pa.DataType) -> bool:
    """Whether a column's values are texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
