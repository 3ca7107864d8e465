"""Prediction records and the append-only segments that hold them.

A segment is a file `<time>-<gateway>-<random>.seg` under `predictions/`: the eight bytes of MAGIC, then frames of a
little-endian u32 length, u32 CRC-32 of the payload, and the payload, one MessagePack array per record. A frame that is cut
short or fails its checksum ends the segment: that is the torn tail of a writer that was killed, and was never answered."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

MAGIC = b"UNSHSEG1"
SEGMENT_SUFFIX = ".seg"
_FRAME = struct.Struct("<II")


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
    """native, mlflow or v2."""
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
    """The request body as received."""
    input_header: int
    """V2 with binary tensors: the length of the JSON part of `input`; else 0."""
    output: bytes
    """200: native: the `outputs` array; other protocols: the body. Else: the problem, with the owner's traceback if the model raised."""
    output_header: int
    generation: int = 0
    """The routing table's generation that routed it."""
    trace: str = ""
    """The id of the W3C trace that the caller's `traceparent` named, 32 hex digits; empty without one."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(PredictionRecord)


def encode_record(record: PredictionRecord) -> bytes:
    """The frame to append to a segment."""
    payload = _encoder.encode(record)
    return _FRAME.pack(len(payload), zlib.crc32(payload)) + payload


def read_segment(path: Path, *, offset: int = 0) -> Iterator[tuple[int, PredictionRecord]]:
    """The whole records of a segment from `offset` on (0: its start), each with the offset at which the next one begins.

    Ends at the torn tail, if there is one; may be called again later from the last offset to follow a growing segment."""
    with path.open("rb") as file:
        if offset == 0:
            if file.read(len(MAGIC)) != MAGIC:
                return
            offset = len(MAGIC)
        else:
            file.seek(offset)
        while True:
            head = file.read(_FRAME.size)
            if len(head) < _FRAME.size:
                return
            length, checksum = _FRAME.unpack(head)
            payload = file.read(length)
            if len(payload) < length or zlib.crc32(payload) != checksum:
                return
            offset += _FRAME.size + length
            yield offset, _decoder.decode(payload)
