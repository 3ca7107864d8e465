"""Prediction records and the append-only segments that hold them.

A segment is a file `<time>-<gateway>-<random>.seg` under `predictions/`: the eight bytes of MAGIC, then frames of a
little-endian u32 length, u32 CRC-32 of the payload, and the payload, one MessagePack array per record. A frame that is cut
short or fails its checksum ends the segment: that is the torn tail of a writer that was killed, and was never answered.

A segment's writer holds a lock (flock, exclusive) on it from before it has its name until it is done with it, however it
ends. So a segment that can be locked is closed for good; `closed` does. Closed segments become Parquet (docs/reference/records.md)."""

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

import msgspec

MAGIC = b"UNSHSEG1"
SEGMENT_SUFFIX = ".seg"
FRAME = struct.Struct("<II")
"""What stands before a payload: its length and its CRC-32."""
_pack = FRAME.pack


class PredictionRecord(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One prediction and its outcome. New fields go at the end and have defaults, so that old segments stay readable."""

    id: str
    time_ns: int
    """Unix time of arrival."""
    model: str
    version: int
    """0 when the request failed before a version was chosen."""
    reference: str
    """As the caller wrote it, at most 200 characters."""
    protocol: str
    """native, mlflow, v2, arrow, or grpc, whose bodies are written as those of v2."""
    key: str
    """The id of the API key."""
    status: int
    code: str
    """The problem's code; empty for 200."""
    latency_us: int
    """From the whole request received to the record written."""
    queue_us: int
    predict_us: int
    batch_rows: int
    attempts: int
    """Workers it was given to; 2 means that the first died."""
    content_type: str
    input: bytes
    """The request body as received; of a long Arrow stream its beginning."""
    input_header: int
    """V2 with binary tensors: the length of the JSON part of `input`. Arrow: 1 when the answer was asked for as Arrow. Else 0."""
    output: bytes
    """200: native: the `outputs` array; other protocols: the body. Else: the problem, with the owner's traceback if the model raised."""
    output_header: int
    generation: int = 0
    """The routing table's generation that routed it."""
    trace: str = ""
    """The id of the W3C trace that the caller's `traceparent` named, 32 hex digits; empty without one."""
    input_size: int = 0
    """The bytes of the whole request body when `input` is only its beginning; else 0."""
    input_sha256: str = ""
    """The SHA-256, in hex, of that whole body."""


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(PredictionRecord)


def encode_record(record: PredictionRecord | tuple[Any, ...]) -> bytes:
    """The frame to append to a segment: of a record, or of a tuple of its fields in order, which is made in a third of the
    time. The last fields may be left out where they have their defaults."""
    payload = _encode(record)
    return _pack(len(payload), crc32(payload)) + payload


def read_segment(path: Path, *, offset: int = 0) -> Iterator[tuple[int, PredictionRecord]]:
    """The whole records of a segment from `offset` on (0: its start), each with the offset at which the next one begins.

    Ends at the torn tail, if there is one; may be called again later from the last offset to follow a growing segment."""
    with path.open("rb") as file:
        yield from _frames(file, offset)


def is_segment(path: Path) -> bool:
    """Whether the file begins as a segment does."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _frames(file: BinaryIO, offset: int) -> Iterator[tuple[int, PredictionRecord]]:
    file.seek(offset)
    if offset == 0:
        if file.read(len(MAGIC)) != MAGIC:
            return
        offset = len(MAGIC)
    while True:
        head = file.read(FRAME.size)
        if len(head) < FRAME.size:
            return
        length, checksum = FRAME.unpack(head)
        payload = file.read(length)
        if len(payload) < length or not length:  # zeros are what a power cut leaves behind the end
            return
        if crc32(payload) != checksum:
            return
        offset += FRAME.size + length
        yield offset, _decoder.decode(payload)


@contextlib.contextmanager
def closed(path: Path) -> Iterator[bool]:
    """Hold a segment that is closed: tells whether it is one. False while it is written, while another holds it, and when it
    is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        # Another may have made Parquet of it and removed it between the opening and the lock.
        yield os.fstat(descriptor).st_nlink > 0
    finally:
        os.close(descriptor)


def is_closed(path: Path) -> bool:
    """Whether nobody writes or holds a segment, and it is there."""
    with closed(path) as found:
        return found
