"""Names of types: a library's dtype in our words, time zones by name."""

import re
from datetime import tzinfo
from typing import Any, cast, get_args

from unshelf.client.errors import InvalidRows
from unshelf.contracts.signature import ColumnType

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64")
UNITS = ("D", "h", "m", "s", "ms", "us", "ns")
"""NumPy's units of time that have a fixed length and that ISO 8601 text tells exactly."""
_KNOWN = frozenset(get_args(ColumnType))
_SEEN_AS: dict[str, ColumnType] = {
    "str": "string", "str_": "string", "object_": "string", "String": "string", "Categorical": "string", "Enum": "string",
    "Utf8": "string", "boolean": "bool", "Boolean": "bool", "Date": "datetime", "Datetime": "datetime", "date": "datetime",
    "datetime": "datetime", "Timestamp": "datetime", "Duration": "duration", "List": "json", "Struct": "json", "Array": "json",
    "Null": "json", "Binary": "bytes", "double": "float64", "float": "float32", "halffloat": "float16", "date32[day]": "datetime",
}  # fmt: skip


def type_of_dtype(dtype: str) -> ColumnType:
    """Our name for a library's dtype: `Int64` → int64, `datetime64[ns]` → datetime, `<U5` → string. Raises InvalidRows."""
    if dtype in _SEEN_AS:
        return _SEEN_AS[dtype]
    if dtype.lower() in _KNOWN and dtype not in ("json", "bytes", "datetime", "duration"):
        return cast(ColumnType, dtype.lower())
    if dtype[:1] in "<>=" and (name := _NUMPY.get(dtype[1:])):
        return name
    if unit := re.match(r"(?:datetime64|timestamp|timedelta64|duration)\[(\w+)", dtype):
        if unit[1] in UNITS:
            return "datetime" if dtype.startswith(("datetime64", "timestamp[")) else "duration"
    elif dtype.startswith(("<U", ">U", "string", "large_string")):
        return "string"
    raise InvalidRows(
        f"A column of {dtype} can't be carried by JSON.",
        hint="Turn it into numbers, texts, booleans, datetimes or durations first.",
    )


def integer_type(least: int, most: int) -> ColumnType:
    """Return the type of whole numbers in this range: 64 bits, or any JSON number where they do not do."""
    if least >= -(2**63) and most < 2**63:
        return "int64"
    return "uint64" if least >= 0 and most < 2**64 else "json"


def zone_name(column: str, zone: tzinfo) -> str:
    """Return the name by which a time zone is found again: `Europe/Paris`, `UTC`, `UTC+02:00`. Raises InvalidRows."""
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if name:
        return str(name)
    offset = zone.utcoffset(None)
    if offset is None or offset.microseconds or offset.seconds % 60:
        raise InvalidRows(
            f"The time zone {zone} of column {column!r} has no name by which it is found again.",
            hint="Convert the times to a zone of the IANA database: zoneinfo.ZoneInfo('Europe/Paris').",
        )
    minutes = round(offset.total_seconds()) // 60
    return "UTC" if not minutes else f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def label_fields(label: Any) -> dict[str, Any]:
    """Return the fields `name` and `label` of a column with this label. Raises InvalidRows."""
    if type(label) is str:
        return {"name": label}
    plain = [_plain_label(part) for part in label] if isinstance(label, tuple) else _plain_label(label)
    return {"name": str(label), "label": plain}


def _plain_label(label: Any) -> Any:
    if hasattr(label, "dtype") and hasattr(label, "item"):
        label = label.item()
    if label is None or type(label) in (str, bool, int) or (type(label) is float and label - label == 0):
        return label
    raise InvalidRows(
        f"The column label {label!r} is a {type(label).__name__}, which JSON can't carry.",
        hint="Name the columns by texts, whole numbers, or tuples of these.",
    )


_NUMPY: dict[str, ColumnType] = {
    "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64", "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64",
    "f2": "float16", "f4": "float32", "f8": "float64",
}  # fmt: skip
