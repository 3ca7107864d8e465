"""Tensors as Open Inference V2 carries them: name, datatype, shape, and JSON values or little-endian bytes."""

import math
import struct
from collections.abc import Sequence
from typing import Any

from ..errors import invalid, malformed
from .types import STRUCT_CODES

_ELEMENT = struct.Struct("<I")


class V2Tensor:
    """One tensor of a request: `values` is a flat list in row-major order, or None when `raw` holds the bytes of numbers, and
    `elements` those of BYTES."""

    __slots__ = ("datatype", "elements", "name", "raw", "shape", "values")

    def __init__(
        self,
        name: str,
        datatype: str,
        shape: list[int],
        *,
        values: Sequence[Any] | None = None,
        raw: bytes | None = None,
    ) -> None:
        self.name = name
        self.datatype = datatype
        self.shape = shape
        self.values = values
        self.raw = raw
        self.elements: list[bytes] | None = None
        size = math.prod(shape)
        if raw is not None:
            if datatype == "BYTES":
                self.elements, self.raw = split_bytes(raw, name), None
            elif len(raw) != size * struct.calcsize(STRUCT_CODES[datatype]):
                raise invalid(
                    f"Tensor {name!a}: {len(raw)} bytes of binary data do not make the {size} values of shape {shape}."
                )
        given = self.values if self.elements is None else self.elements
        if given is not None and len(given) != size:
            raise invalid(f"Tensor {name!a}: {len(given)} values do not fill the shape {shape}.")

    def flat(self) -> Sequence[Any]:
        """The values, unpacked where they came as bytes; those of BYTES are texts. Raises Refused for what is no UTF-8."""
        if self.elements is not None:
            return [_text(element, self.name, place) for place, element in enumerate(self.elements)]
        if self.raw is not None:
            return struct.unpack(f"<{math.prod(self.shape)}{STRUCT_CODES[self.datatype]}", self.raw)
        assert self.values is not None  # noqa: S101 - one of both is there by construction
        return self.values

    def blobs(self) -> Sequence[Any]:
        """The values of a BYTES tensor as they came: bytes in binary data, texts in JSON."""
        return self.flat() if self.elements is None else self.elements


def split_bytes(raw: bytes, name: str) -> list[bytes]:
    """The elements of a BYTES tensor: each a little-endian u32 length, then that many bytes."""
    values: list[bytes] = []
    offset = 0
    try:
        while offset < len(raw):
            (length,) = _ELEMENT.unpack_from(raw, offset)
            offset += _ELEMENT.size + length
            if offset > len(raw):
                raise malformed(f"Tensor {name!a}: its binary data ends within an element.")
            values.append(raw[offset - length : offset])
    except struct.error:
        raise malformed(f"Tensor {name!a}: its binary data ends within an element.") from None
    return values


def _text(element: bytes, name: str, place: int) -> str:
    try:
        return element.decode()
    except UnicodeDecodeError:
        raise invalid(f"Tensor {name!a}: element {place} is not UTF-8 text.") from None


def join_bytes(values: Sequence[Any]) -> bytes:
    """The bytes of a BYTES tensor."""
    raws = [value if isinstance(value, bytes) else str(value).encode() for value in values]
    return b"".join(_ELEMENT.pack(len(raw)) + raw for raw in raws)
