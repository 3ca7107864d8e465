"""Values of any library as the ones that JSON has: numbers, texts, lists, objects; docs/concepts/outputs.md has the table."""

import base64
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import json
import pathlib
import types
import uuid
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

from ..errors import Unwritable
from .dates import iso_text
from .opening import listed, opened, series_values, table_columns

PLAIN_TYPES = frozenset({float, int, str, bool, type(None)})
"""The types that JSON has besides lists and objects."""
BLOBS = (bytes, bytearray, memoryview)
MOMENTS = (datetime.datetime, datetime.date)
_MISSING = frozenset({"NaTType", "NAType"})  # pandas' NaT and NA
_TEXTUAL = (
    uuid.UUID, pathlib.PurePath, fractions.Fraction, ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network,
    ipaddress.IPv6Network,
)  # fmt: skip

Conversion = Callable[[Any], Any]
_conversions: dict[type, Conversion] = {}
_readers: dict[type, "Callable[[Any], Iterable[tuple[Any, Any]]] | None"] = {}


def plain(value: Any) -> Any:
    """The value in types that JSON has, and so everything inside it. Floats may be NaN or infinite, for the writer to judge.

    Raises Unwritable for what has no place in JSON, and whatever the code of the value raises."""
    kind = type(value)
    if kind in PLAIN_TYPES:
        return value
    conversion = _conversions.get(kind)
    if conversion is None:
        conversion = _conversions[kind] = _conversion_of(kind)
    return conversion(value)


def plain_list(values: list[Any]) -> list[Any]:
    """The list with every value plain: itself where they are so already, which is seen at C speed."""
    kinds = set(map(type, values))
    if PLAIN_TYPES.issuperset(kinds):
        return values
    if kinds == {list} and PLAIN_TYPES.issuperset(map(type, chain.from_iterable(values))):
        return values
    return [plain(value) for value in values]


def members_of(value: Any) -> dict[str, Any] | None:
    """Name → value, as it is, of anything with named members: mappings, dataclasses, pydantic and attrs objects, named tuples …

    None for anything else. Raises Unwritable where two names would be one in JSON."""
    kind = type(value)
    if kind is dict and all(type(name) is str for name in value):
        return dict(value)
    if kind not in _readers:
        _readers[kind] = _reader_of(kind)
    reader = _readers[kind]
    return None if reader is None else named(reader(value))


def named(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """An object of these members. Raises Unwritable where two names would be one in JSON."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        text = name if type(name) is str else key_text(name)
        if text in found:
            raise Unwritable(f"two members of one object would have the name {text[:80]!a}")
        found[text] = value
    return found


def key_text(name: Any) -> str:
    """A key of a mapping as the text that JSON wants: a number as it is written, a date in ISO 8601, JSON for the rest."""
    simple = plain(name)
    return simple if isinstance(simple, str) else json.dumps(simple)


def blob_text(value: Any) -> str:
    """Bytes as base64, always: what is text to one is none to another."""
    return base64.b64encode(bytes(value)).decode()


def _conversion_of(kind: type) -> Conversion:
    """How values of this type are made plain; worked out once a type."""
    if kind.__name__ in _MISSING:
        return lambda _: None
    for known, conversion in _BY_CLASS:
        if issubclass(kind, known):
            return conversion
    if (reader := _reader_of(kind)) is not None:
        return lambda value: {name: plain(item) for name, item in named(reader(value)).items()}
    return _foreign


def _reader_of(kind: type) -> Callable[[Any], Iterable[tuple[Any, Any]]] | None:
    """How the members of values of this type are read; None where they have none."""
    if issubclass(kind, Mapping):
        return lambda value: value.items()
    if issubclass(kind, enum.Enum):
        return None
    if issubclass(kind, tuple):
        names = getattr(kind, "_fields", None)
        return None if names is None else lambda value: zip(names, value, strict=True)
    if callable(getattr(kind, "model_dump", None)):  # pydantic 2; a RootModel has no members
        return None if getattr(kind, "__pydantic_root_model__", False) else lambda value: value.model_dump().items()
    if hasattr(kind, "__fields__") and callable(getattr(kind, "dict", None)):  # pydantic 1
        return lambda value: value.dict().items()
    if dataclasses.is_dataclass(kind):
        return _attributes([field.name for field in dataclasses.fields(kind)])
    if hasattr(kind, "__attrs_attrs__"):
        return _attributes([field.name for field in kind.__attrs_attrs__])
    if hasattr(kind, "__struct_fields__"):  # msgspec
        return _attributes(list(kind.__struct_fields__))
    if issubclass(kind, types.SimpleNamespace):
        return lambda value: vars(value).items()
    if kind.__name__ == "Interval" and kind.__module__.startswith("pandas"):
        return _attributes(["left", "right", "closed"])
    if kind.__name__ == "Row" and callable(getattr(kind, "_asdict", None)):  # SQLAlchemy, Spark
        return lambda value: value._asdict().items()
    return None


def _attributes(names: list[str]) -> Callable[[Any], Iterable[tuple[Any, Any]]]:
    return lambda value: [(name, getattr(value, name)) for name in names]


def _foreign(value: Any) -> Any:
    """A value of a library, recognised by what it can do."""
    kind = type(value)
    if callable(getattr(kind, "model_dump", None)):
        return plain(value.model_dump())
    if (columns := table_columns(value)) is not None:
        names, lists = list(columns), [plain_list(listed(item)) for item in columns.values()]
        return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]
    if (values := series_values(value)) is not None:
        return plain_list(listed(values))
    items = listed(opened(value))
    if items is not value:
        return plain_list(items) if isinstance(items, list) else plain(items)
    if callable(getattr(kind, "as_py", None)):  # a scalar of pyarrow
        return plain(value.as_py())
    if kind.__name__ == "Period" and kind.__module__.startswith("pandas"):
        return str(value)
    if isinstance(value, Iterable):
        return plain_list(list(value))
    raise Unwritable(f"a {kind.__module__}.{kind.__qualname__} has no place in JSON")


def _decimal(value: decimal.Decimal) -> Any:
    if value.is_finite():
        return str(value)
    return None if value.is_nan() else float(value)


def _sorted(value: Any) -> list[Any]:
    """A set in an order that does not change from process to process."""
    items = plain_list(list(value))
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


def _refuse_complex(value: Any) -> Any:
    raise Unwritable(f"{value!r} is a complex number, which JSON does not have; return its real and imaginary parts")


_BY_CLASS: list[tuple[Any, Conversion]] = [
    (enum.Enum, lambda value: plain(value.value)),
    (str, str.__str__),
    (bool, bool),
    (int, int.__int__),
    (float, float.__float__),
    (complex, _refuse_complex),
    (BLOBS, blob_text),
    (datetime.timedelta, lambda value: None if value != value else value.total_seconds()),  # noqa: PLR0124 - NaT
    ((*MOMENTS, datetime.time), lambda value: iso_text(value.isoformat())),
    (decimal.Decimal, _decimal),
    (_TEXTUAL, str),
    (list, plain_list),
    ((set, frozenset), _sorted),
]
"""Class → conversion; the first that fits. NaT is a datetime in pandas, so `_MISSING` is asked before."""
