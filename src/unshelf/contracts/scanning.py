"""Reading closed segments as a whole: every frame by its place, in large blocks. `records` reads those that still grow.

A block is read, never mapped: an open segment, which queries read too, may lose a torn tail at any moment, and a mapped page
that is gone kills its reader."""

import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from unshelf.contracts.records import FRAME, MAGIC, PredictionRecord

_BLOCK = 256 << 10
_FEW = 8 << 10
"""What is read at once where the records that are wanted stand further apart than this."""


class Head(msgspec.Struct, frozen=True, array_like=True):
    """The first fields of a PredictionRecord: for whom it is. Made in a fraction of the time, as the bodies are passed over."""

    id: str
    time_ns: int
    model: str
    version: int
    reference: str


_head_decoder = msgspec.msgpack.Decoder(Head)
_record_decoder = msgspec.msgpack.Decoder(PredictionRecord)


def heads(path: Path) -> Iterator[tuple[int, int, Head]]:
    """The heads of all records of a closed segment, each with the offsets of its record's beginning and end.

    A torn tail ends the segment; a whole frame that fails its checksum costs itself alone."""
    decode, checksum_of, unpack, size = _head_decoder.decode, zlib.crc32, FRAME.unpack_from, FRAME.size
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return
        place = len(MAGIC)  # of the block in the file
        block, at = b"", 0
        while True:
            view, end = memoryview(block), len(block)
            while end - at >= size:
                length, checksum = unpack(block, at)
                after = at + size + length
                if not length:  # zeros are what a power cut leaves behind the end
                    return
                if after > end:
                    break
                payload = view[at + size : after]
                if checksum_of(payload) == checksum:
                    yield place + at, place + after, decode(payload)
                at = after
            place, at = place + at, 0
            block, view, payload = b"", memoryview(b""), memoryview(b"")
            block = _read_frames(file, place, _BLOCK)
            if not block:
                return


def records_at(path: Path, offsets: Sequence[int]) -> Iterator[PredictionRecord]:
    """The records that begin at these offsets, which ascend and were told by `heads`.

    Raises ValueError where a record is not any more what it was."""
    if not offsets:
        return
    decode, checksum_of, unpack, size = _record_decoder.decode, zlib.crc32, FRAME.unpack_from, FRAME.size
    apart = (offsets[-1] - offsets[0]) // len(offsets)
    at_once = _BLOCK if apart < _FEW else _FEW
    with path.open("rb") as file:
        place = end = 0  # of the block in the file
        block = b""
        view = memoryview(block)
        for offset in offsets:
            at = offset - place
            whole = end - offset >= size and offset + size + unpack(block, at)[0] <= end
            if not whole:
                # A block may be as large as a body: this one goes before the next comes.
                block, view, payload = b"", memoryview(b""), memoryview(b"")
                block = _read_frames(file, offset, at_once)
                view, place, at, end = memoryview(block), offset, 0, offset + len(block)
                if not block:
                    raise ValueError(f"the record at {offset} is gone")
            length, checksum = unpack(block, at)
            payload = view[at + size : at + size + length]
            if checksum_of(payload) != checksum:
                raise ValueError(f"the record at {offset} has changed")
            yield decode(payload)


def _read_frames(file: BinaryIO, offset: int, at_once: int) -> bytes:
    """The bytes from an offset on: about so many, and at least the whole frame that begins there. Empty when there is none."""
    file.seek(offset)
    block = file.read(at_once)
    if len(block) < FRAME.size:
        return b""
    whole = FRAME.size + FRAME.unpack_from(block)[0]
    if len(block) >= whole:
        return block
    if offset + whole > os.fstat(file.fileno()).st_size:  # a torn tail, or a length that is none
        return b""
    file.seek(offset)
    return file.read(whole)
