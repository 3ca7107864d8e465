"""The Open Inference Protocol V2: tensors in JSON, or with their bytes behind the JSON part."""

import struct
from collections.abc import Sequence
from typing import Any

import msgspec

from unshelf.codecs.body import TensorBody, TensorPart, Undecodable, Values, flat, object_in

INPUTS, OUTPUTS = "inputs", "outputs"
PARAMETERS = "parameters"
PROTOCOL_PARAMETERS = frozenset({"binary_data_output"})
"""Parameters of a request that are the protocol's own."""
_BINARY_SIZE = "binary_data_size"
_CODES = {
    "BOOL": "?", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q", "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q",
    "FP16": "e", "FP32": "f", "FP64": "d",
}  # fmt: skip
_LENGTH = struct.Struct("<I")


def read_tensors(body: bytes, json_length: int, member: str) -> TensorBody:
    """The tensors in a member of the body, whose JSON part has `json_length` bytes (0: all of it). Raises one of REFUSALS."""
    payload = object_in(body[:json_length] if json_length else body)
    raw, offset = body[json_length:] if json_length else b"", 0
    tensors: list[TensorPart] = []
    listed = payload.get(member)
    if not isinstance(listed, list):
        raise Undecodable
    _parameters(payload)
    for each in listed:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            raise Undecodable
        size = _parameters(each).get(_BINARY_SIZE)
        if size is None:
            tensors.append(TensorPart(each))
            continue
        if type(size) is not int or not 0 <= size <= len(raw) - offset:
            raise Undecodable
        tensors.append(TensorPart(each, raw[offset : offset + size]))
        offset += size
    if offset != len(raw) or len({tensor.name for tensor in tensors}) != len(tensors):
        raise Undecodable
    return TensorBody(member, tensors, {name: value for name, value in payload.items() if name != member})


def write_tensors(body: TensorBody) -> tuple[bytes, int]:
    """The body that has these tensors, and the length of its JSON part (0: all of it)."""
    text = msgspec.json.encode({**body.others, body.member: [tensor.fields for tensor in body.tensors]})
    raw = [tensor.raw for tensor in body.tensors if tensor.raw is not None]
    return (text + b"".join(raw), len(text)) if raw else (text, 0)


def columns_of(body: TensorBody, names: Sequence[str]) -> Values:
    """The values by column: one tensor a column, or one of shape (n, columns) that holds them all; without the tensors whose data
    was taken out. Raises Undecodable."""
    kept = [tensor for tensor in body.tensors if tensor.raw is not None or isinstance(tensor.fields.get("data"), list)]
    values = {tensor.name: _values(tensor) for tensor in kept}
    if len(values) == 1 and len(names) > 1 and not values.keys() & set(names):
        (together,) = values.values()
        if len(together) % len(names):
            raise Undecodable
        return {name: together[place :: len(names)] for place, name in enumerate(names)}
    return values


def _parameters(item: dict[str, Any]) -> dict[str, Any]:
    parameters = item.get(PARAMETERS)
    if not isinstance(parameters, dict | None):
        raise Undecodable
    return parameters or {}


def _values(tensor: TensorPart) -> list[Any]:
    if tensor.raw is None:
        return list(flat(tensor.fields["data"]))
    datatype = tensor.fields.get("datatype")
    if datatype == "BYTES":
        return _elements(tensor.raw)
    code = _CODES.get(datatype) if isinstance(datatype, str) else None
    if code is None or len(tensor.raw) % struct.calcsize(f"<{code}"):
        raise Undecodable
    return list(struct.unpack(f"<{len(tensor.raw) // struct.calcsize(f'<{code}')}{code}", tensor.raw))


def _elements(raw: bytes) -> list[bytes]:
    """Texts or bytes of which each has its length before it, in four bytes."""
    elements, offset = [], 0
    while offset < len(raw):
        start = offset + _LENGTH.size
        if start > len(raw):
            raise Undecodable
        (length,) = _LENGTH.unpack_from(raw, offset)
        offset = start + length
        if offset > len(raw):
            raise Undecodable
        elements.append(raw[start:offset])
    return elements
