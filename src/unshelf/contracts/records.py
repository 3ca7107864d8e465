"""Prediction records, and the sheets on which they stand in append-only segments.

A segment is a file `<time>-<gateway>-<random>.seg` under `predictions/`: the eight bytes of MAGIC, then frames of a
little-endian u32 length, u32 CRC-32 of the payload, and the payload. A frame that is cut short or fails its checksum ends the
segment: that is the torn tail of a writer that was killed, and was never answered.

A payload is a sheet, a MessagePack array of two: what its records have in common, once, and an array of what each has of its own.
Most predictions that end together differ in little more than their bodies, and a sheet of them is written in a third of the time
that so many records take, in half the bytes. In segments of format 1 each payload is one record.

A record's place in its segment is where its sheet's frame begins, in bytes, times SHEET_PLACES, plus its number on the sheet.

A segment's writer holds a lock (flock, exclusive) on it from before it has its name until it is done with it, however it
ends. So a segment that can be locked is closed for good; `closed` does. Closed segments become Parquet (docs/reference/records.md)."""

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

MAGIC = b"UNSHSEG2"
MAGIC_1 = b"UNSHSEG1"
"""Of format 1, which is read but not written any more."""
SEGMENT_SUFFIX = ".seg"
FRAME = struct.Struct("<II")
"""What stands before a payload: its length and its CRC-32."""
SHEET_PLACES = 1 << 16
SHEET_BYTES = 256 << 10
"""No sheet of more than one record is larger: whoever reads a record reads its sheet, and one broken byte costs the sheet."""
_pack = FRAME.pack


class PredictionRecord(msgspec.Struct, frozen=True, array_like=True):
    """One prediction and its outcome. Its fields are those of Common and Own, in the order of format 1."""

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


class Common(msgspec.Struct, frozen=True, array_like=True):
    """The fields that the records of a sheet have in common. New ones go at the end and have defaults, here and in Own, so that
    old segments stay readable."""

    model: str
    version: int
    reference: str
    protocol: str
    key: str
    content_type: str
    status: int
    code: str
    predict_us: int
    batch_rows: int
    attempts: int
    generation: int


class Own(msgspec.Struct, frozen=True, array_like=True):
    """The fields that each record of a sheet has of its own."""

    id: str
    time_ns: int
    latency_us: int
    queue_us: int
    input: bytes
    output: bytes
    input_header: int = 0
    output_header: int = 0
    trace: str = ""
    input_size: int = 0
    input_sha256: str = ""


class Sheet(msgspec.Struct, frozen=True, array_like=True):
    """Records that have something in common."""

    common: Common
    own: list[Own]

    def records(self) -> list[PredictionRecord]:
        """They themselves."""
        return [record_from(self.common, own) for own in self.own]


_encode = msgspec.msgpack.Encoder().encode
_decode_sheet = msgspec.msgpack.Decoder(Sheet).decode
_decode_record = msgspec.msgpack.Decoder(PredictionRecord).decode


def encode_sheet(common: Common | tuple[Any, ...], own: Sequence[Own | tuple[Any, ...]]) -> bytes:
    """What to append to a segment: records that have `common` in common, as one frame, or each in one of its own where together
    they are large. Tuples of the fields in order do as well, and are made in a third of the time; the last of `own` may be left out
    where they have their defaults."""
    payload = _encode((common, own))
    if len(payload) > SHEET_BYTES and len(own) > 1:
        return b"".join([encode_sheet(common, [each]) for each in own])
    return _pack(len(payload), crc32(payload)) + payload


def decode_sheet(payload: bytes, magic: bytes) -> Sheet:
    """The payload of a frame, in a segment that begins with `magic`."""
    return sheet_from(_decode_record(payload)) if magic == MAGIC_1 else _decode_sheet(payload)


def sheet_from(record: PredictionRecord) -> Sheet:
    """A sheet of this record alone."""
    common = Common(*(getattr(record, field) for field in Common.__struct_fields__))
    return Sheet(common, [Own(*(getattr(record, field) for field in Own.__struct_fields__))])


def record_from(c: Common, o: Own) -> PredictionRecord:
    """The record that is both."""
    return PredictionRecord(
        o.id, o.time_ns, c.model, c.version, c.reference, c.protocol, c.key, c.status, c.code, o.latency_us, o.queue_us,
        c.predict_us, c.batch_rows, c.attempts, c.content_type, o.input, o.input_header, o.output, o.output_header, c.generation,
        o.trace, o.input_size, o.input_sha256,
    )  # fmt: skip


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
