"""Reads the nodes and constants of an ONNX file: the few fields that tell what a graph does with its rows, without the onnx package."""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

_GRAPH = 7
_INT64 = 7
_MOST_VALUES = 64
"""Values up to which a constant's are read: shapes and axes are short."""


class Constant(NamedTuple):
    """A tensor that no input changes."""

    dims: "list[int] | None" = None
    """None: not known."""
    values: "list[int] | None" = None
    """The values of a short tensor of whole numbers; None: not read."""


class Node(NamedTuple):
    """A node of the graph."""

    op: str
    domain: str
    inputs: "list[str]"
    outputs: "list[str]"
    attributes: "dict[str, Any]"
    """Whole numbers, lists of them, and Constants, by name."""


def read_graph(file: Path) -> "tuple[list[Node], dict[str, Constant]]":
    """The graph's nodes in order, and its constants by name. Raises ValueError for what is no ONNX file."""
    with file.open("rb") as opened:  # mapped, since all but a few bytes of it are weights that are passed over
        data = memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
    nodes: list[Node] = []
    constants: dict[str, Constant] = {}
    for number, model in _fields(data):
        for field, content in _fields(model) if number == _GRAPH else ():
            if field == 1:
                nodes.append(_node(content))
            elif field == 5:
                name, constant = _tensor(content)
                constants[name] = constant
    return nodes, constants


def _node(data: memoryview) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 4: [], 7: []}
    attributes: dict[str, Any] = {}
    for number, value in _fields(data):
        if number in texts:
            texts[number].append(bytes(value).decode())
        elif number == 5:
            name, found = _attribute(value)
            attributes[name] = found
    return Node("".join(texts[4]), "".join(texts[7]), texts[1], texts[2], attributes)


def _attribute(data: memoryview) -> "tuple[str, Any]":
    name = ""
    numbers: list[int] = []
    value: Any = None
    for number, content in _fields(data):
        if number == 1:
            name = bytes(content).decode()
        elif number == 3:
            value = _signed(content)
        elif number == 5:
            value = _tensor(content)[1]
        elif number == 8:
            numbers += _integers(content)
    return name, numbers or value


def _tensor(data: memoryview) -> "tuple[str, Constant]":
    name, kind, raw = "", 0, None
    dims: list[int] = []
    values: list[int] = []
    for number, content in _fields(data):
        if number == 1:
            dims += _integers(content)
        elif number == 2:
            kind = content
        elif number == 7 and len(values) <= _MOST_VALUES:
            values += _integers(content)
        elif number == 8:
            name = bytes(content).decode()
        elif number == 9:
            raw = content
    if kind == _INT64 and raw is not None and len(raw) <= 8 * _MOST_VALUES:
        values = [int.from_bytes(raw[at : at + 8], "little", signed=True) for at in range(0, len(raw), 8)]
    return name, Constant(dims, values if kind == _INT64 and 0 < len(values) <= _MOST_VALUES else None)


def _fields(data: memoryview) -> "Iterator[tuple[int, Any]]":
    """The fields of a protobuf message: its number, and an unsigned number or the bytes."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(kind, -1)
        if size < 0 or at + size > end:
            raise ValueError("it is no ONNX file")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> "tuple[int, int]":
    value = shift = 0
    while shift < 70 and at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError("it is no ONNX file")


def _integers(content: Any) -> "list[int]":
    """A repeated number: packed, or one of them."""
    if isinstance(content, int):
        return [_signed(content)]
    found, at = [], 0
    while at < len(content):
        value, at = _varint(content, at)
        found.append(_signed(value))
    return found


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
