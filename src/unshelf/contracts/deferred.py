"""Deferred predictions as they lie on the disk: the request of one that waits, and the kept answer of one that is finished.

A file is the eight bytes of MAGIC, u32 length of the head, u32 CRC-32 of the head, u64 length of the body, u32 CRC-32 of the body
(little-endian), the head (one MessagePack array), the body. Files get their names when they are whole and on the disk, so
whatever else stands under such a name was damaged later, or is somebody else's."""

import re
import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO, TypeVar

import msgspec

MAGIC = b"UNSHDEF1"
_FRAME = struct.Struct("<8sIIQI")
_MOST_HEAD_BYTES = 1 << 20
_ID = re.compile(r"d[0-9a-f]{28}")


class DeferredRequest(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A request that was accepted; its body follows. New fields go at the end and have defaults."""

    id: str
    model: str
    version: int
    """Chosen when it was accepted: a release in between does not change it."""
    reference: str
    """As the caller wrote it."""
    protocol: str
    """native, arrow or mlflow."""
    key: str
    """The id of the API key that asked."""
    created_ns: int
    """Unix time of acceptance."""
    content_type: str
    kind: int
    """The frame's protocol number; plus 128 where the body begins with parameters, as in a frame."""
    header: int
    """Arrow: 1 when the answer was asked for as Arrow; else 0."""
    timeout: float | None = None
    """The caller's own deadline in seconds, counted from when it begins to run."""
    traceparent: str = ""


class DeferredAnswer(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Outcome of a request: the answer that a synchronous call would have been given; its body follows."""

    id: str
    model: str
    version: int
    key: str
    outcome: str
    """succeeded, failed or cancelled."""
    prediction_id: str
    """The id of its record."""
    status: int
    headers: list[tuple[str, str]]
    created_ns: int
    begun_ns: int
    """0: it never ran."""
    finished_ns: int


class Damaged(Exception):
    """The file is not what its name says."""


Head = TypeVar("Head", DeferredRequest, DeferredAnswer)


def is_deferred_id(text: str) -> bool:
    """Whether the text may be the id of a deferred prediction; such a text is safe as a file's name."""
    return _ID.fullmatch(text) is not None


def frame(head: DeferredRequest | DeferredAnswer, body: Sequence[bytes | memoryview]) -> bytes:
    """Encode the part of the file that precedes the pieces of the body."""
    encoded = msgspec.msgpack.encode(head)
    checksum = 0
    for piece in body:
        checksum = zlib.crc32(piece, checksum)
    length = sum(map(len, body))
    return _FRAME.pack(MAGIC, len(encoded), zlib.crc32(encoded), length, checksum) + encoded


def read_head(file: BinaryIO, shape: type[Head]) -> tuple[Head, int, int]:
    """The head, the length of the body and its checksum; the file stands at the body then. Raises Damaged."""
    fixed = file.read(_FRAME.size)
    if len(fixed) < _FRAME.size:
        raise Damaged("it is cut short")
    magic, head_length, head_checksum, length, checksum = _FRAME.unpack(fixed)
    if magic != MAGIC or head_length > _MOST_HEAD_BYTES:
        raise Damaged("it is no file of a deferred prediction")
    encoded = file.read(head_length)
    if len(encoded) < head_length or zlib.crc32(encoded) != head_checksum:
        raise Damaged("its head is damaged")
    try:
        return msgspec.msgpack.decode(encoded, type=shape), length, checksum
    except msgspec.MsgspecError as error:
        raise Damaged(f"its head can't be read: {error}") from None


def read_body(file: BinaryIO, length: int, checksum: int) -> bytes:
    """The body, where `read_head` left the file. Raises Damaged."""
    body = file.read(length + 1)
    if len(body) != length or zlib.crc32(body) != checksum:
        raise Damaged("its body is damaged")
    return body
