"""Prediction records, and the sheets on which they stand in append-only segments.

A segment is a file `<time>-<gateway>-<random>.seg` under `predictions/`, with `-after<time>` before its ending where it follows records
of a clock that was set back: the eight bytes of MAGIC, then frames of a little-endian u32 length, u32 CRC-32 of the payload, and the
payload. A frame that is cut short or fails its checksum ends the segment: that is the torn tail of a writer that was killed, and was
never answered.

A payload is a sheet, a MessagePack array of two: what its records have in common, once, and an array of what each has of its own.
Most predictions that end together differ in little more than their bodies: a sheet of them takes a third of the time and half the
bytes that single records would. In segments of format 1 each payload is one record.

A record's place in its segment is where its sheet's frame begins, in bytes, times SHEET_PLACES, plus its number on the sheet.

A segment's writer holds a lock (flock, exclusive) on it from before it has its name until it is done with it, however it
ends. So a segment that can be locked is closed for good; `closed` does. Closed segments become Parquet (docs/reference/records.md)."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from zlib import crc32

import msgspec

InternalPurpose = Literal["try", "check", "shadow", "backtest", "replay", "batch"]
"""Purposes of predictions that the platform asks for itself. Callers can't choose one; what comes over HTTP or gRPC is `live`."""
Purpose = Literal["live", "try", "check", "shadow", "backtest", "replay", "batch"]
"""Why a prediction was asked for."""
LIVE: Purpose = "live"
COUNTED_PURPOSES = frozenset({"live", "batch"})
"""Purposes that monitoring, releases and bills count."""

MAGIC = b"UNSHSEG2"
MAGIC_1 = b"UNSHSEG1"
"""The beginning of a segment of format 1, which is read but no longer written."""
SEGMENT_SUFFIX = ".seg"
SEGMENT_STAMP = "%Y%m%dT%H%M%S"
"""How the names of segments begin: when they were begun, in UTC."""
FOLLOWS = "-after"
"""Before the time, in the same form, that all its records came after: `follows_ns`."""
FRAME = struct.Struct("<II")
"""The head of a frame: the payload's length and its CRC-32."""
SHEET_PLACES = 1 << 16
SHEET_BYTES = 256 << 10
"""No sheet of more than one record is larger: to read a record is to read its sheet, and one broken byte costs the sheet."""
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
    purpose: str = LIVE
    """Why it was asked for: see Purpose."""
    params: bytes = b""
    """The JSON of parameters that came beside the body, in a header; those of a body stand in `input`."""
    scores: bytes = b""
    """Scores that the model gave beside its answer: the number of classes, a little-endian u32, then for each row a little-endian
    32-bit float a class, in the order of the signature's classes. Empty: it gave none."""


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
    purpose: str = LIVE


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
    params: bytes = b""
    scores: bytes = b""


class Sheet(msgspec.Struct, frozen=True, array_like=True):
    """Records that have something in common."""

    common: Common
    own: list[Own]

    def records(self) -> list[PredictionRecord]:
        """The sheet's records, in order."""
        return [record_from(self.common, own) for own in self.own]


_encode = msgspec.msgpack.Encoder().encode
_decode_sheet = msgspec.msgpack.Decoder(Sheet).decode
_decode_record = msgspec.msgpack.Decoder(PredictionRecord).decode


@lru_cache(maxsize=1024)
def follows_ns(segment: str) -> int:
    """Return the moment that all records came after that a segment holds, whatever their own times say, by its name without ending.

    In ns of Unix time; 0: their times say it."""
    stamp = segment.rpartition(FOLLOWS)[2] if FOLLOWS in segment else ""
    try:
        moment = datetime.strptime(stamp, SEGMENT_STAMP).replace(tzinfo=UTC)
    except ValueError:
        return 0
    return int(moment.timestamp()) * 1_000_000_000


def pack_scores(rows: Sequence[Sequence[float]]) -> bytes:
    """Return scores as a record has them: at least one row, with a number for each class."""
    numbers = [value for row in rows for value in row]
    return struct.pack(f"<I{len(numbers)}f", len(rows[0]), *numbers)


def encode_sheet(common: Common | tuple[Any, ...], own: Sequence[Own | tuple[Any, ...]]) -> bytes:
    """Encode what is appended to a segment: records that have `common` in common, as one frame, or each in one of its own where together
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
        o.trace, o.input_size, o.input_sha256, c.purpose, o.params, o.scores,
    )  # fmt: skip
