"""Outputs in the words of others: the type, shape and flat values of one, for signatures and for Open Inference V2."""

import base64
from collections.abc import Sequence
from typing import Any

from .flatten import Ragged, flatten
from .json_codec import dumps
from .opening import listed
from .output_values import OutputValues
from .types import INTEGERS, TYPES_OF_V2, V2_DATATYPES

_KINDS = {"b": "bool", "U": "string", "M": "datetime", "m": "float64"}
_TEXTS = frozenset({"json", "datetime", "bytes"})


def datatype_of(output: OutputValues) -> tuple[str, list[int], Any]:
    """The V2 datatype, the shape and the flat values of an output: an ndarray keeps its own, a list is judged by its values.

    What V2 has no type for becomes BYTES: JSON text; None stays, for V2 has no gaps to write it as."""
    name, shape, flat = described(output)
    if name in _TEXTS:
        values = listed(flat)
        return "BYTES", shape, [value if value is None or isinstance(value, str) else dumps(value) for value in values]
    return V2_DATATYPES[name], shape, flat


def described(output: OutputValues) -> tuple[str, list[int], Any]:
    """The signature's type name, the shape and the flat values (an ndarray, or a list) of an output."""
    values = output.values
    dtype = getattr(values, "dtype", None)
    if dtype is not None:
        name = _KINDS.get(dtype.kind, dtype.name)
        flat = values.ravel()
        return (
            name,
            list(values.shape),
            flat if name in TYPES_OF_V2.values() and dtype.kind not in "Um" else listed(flat),
        )
    items = values if isinstance(values, list) else [values]
    if output.kind:
        return output.kind, [len(items)], items
    try:
        shape, flat = flatten(items)
    except Ragged:
        return "json", [len(items)], items
    name = type_of(flat)
    return (name, shape, flat) if name != "json" else ("json", [len(items)], items)


def type_of(flat: Sequence[Any]) -> str:
    """The signature's type name of plain values; None among whole numbers and truth values leaves them what they are."""
    kinds = set(map(type, flat)) - {type(None)}
    if kinds == {bool}:
        return "bool" if None not in flat else "json"
    if kinds == {int}:
        known = [value for value in flat if value is not None]
        if len(known) < len(flat):
            return "json"
        for name in ("int64", "uint64"):
            least, most = INTEGERS[name]
            if least <= min(known) and max(known) <= most:
                return name
        return "json"
    if kinds and kinds <= {float, int}:
        return "float64"
    return "string" if kinds == {str} and None not in flat else "json"


def raw_bytes(values: Sequence[Any]) -> list[Any]:
    """The bytes that base64 texts stand for; None stays."""
    return [None if value is None else base64.b64decode(value) for value in values]


def packable(values: Sequence[Any], *, blobs: bool) -> list[Any]:
    """Elements of a binary BYTES tensor, where a gap is the text `null`, and no bytes among bytes."""
    if blobs:
        return [value or b"" for value in raw_bytes(values)]
    return ["null" if value is None else value for value in values]
