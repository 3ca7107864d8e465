"""Reading segments, those that still grow and closed ones, and single records by their places.

They are read, never mapped: a segment may lose a torn tail at any moment, and a mapped page that is gone kills its reader."""

import contextlib
import os
import zlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from unshelf.contracts.records import FRAME, MAGIC, MAGIC_1, SHEET_PLACES, PredictionRecord, Sheet, decode_sheet
from unshelf.runtime.file_lock import lock_descriptor


class Heads(NamedTuple):
    """For whom the records of a sheet are."""

    begin: int
    """Where its frame begins and ends in the segment."""
    end: int
    model: str
    version: int
    reference: str
    times_ns: list[int]
    """When each arrived."""


class _CommonHead(msgspec.Struct, frozen=True, array_like=True):
    model: str
    version: int
    reference: str


class _OwnHead(msgspec.Struct, frozen=True, array_like=True):
    id: str
    time_ns: int


class _SheetHead(msgspec.Struct, frozen=True, array_like=True):
    common: _CommonHead
    own: list[_OwnHead]


class _RecordHead(msgspec.Struct, frozen=True, array_like=True):
    id: str
    time_ns: int
    model: str
    version: int
    reference: str


_sheet_head = msgspec.msgpack.Decoder(_SheetHead).decode
_record_head = msgspec.msgpack.Decoder(_RecordHead).decode


def is_segment(path: Path) -> bool:
    """Whether the file begins as a segment does."""
    with path.open("rb") as file:
        return bool(_magic(file))


def read_segment(path: Path, *, place: int = 0) -> Iterator[tuple[int, int, PredictionRecord]]:
    """The whole records of a segment from a place on (0: its start): the place of each, that of what comes next, and the record.

    Ends at the torn tail, if there is one; may be called again later with the last offset given to follow a growing segment."""
    start, first = divmod(place, SHEET_PLACES)
    with path.open("rb") as file:
        magic = _magic(file)
        for begin, end, payload in _frames(file, start) if magic else ():
            if payload is None:
                return
            records = decode_sheet(payload, magic).records()
            for number in range(first, len(records)):
                here = begin * SHEET_PLACES + number
                yield here, here + 1 if number + 1 < len(records) else end * SHEET_PLACES, records[number]
            first = 0


def heads(path: Path) -> Iterator[Heads]:
    """The heads of all sheets of a closed segment.

    A torn tail ends the segment; a whole frame that fails its checksum costs itself alone."""
    with path.open("rb") as file:
        magic = _magic(file)
        for begin, end, payload in _frames(file) if magic else ():
            if payload is None:
                continue
            if magic == MAGIC_1:
                head = _record_head(payload)
                yield Heads(begin, end, head.model, head.version, head.reference, [head.time_ns])
            else:
                common, own = (sheet := _sheet_head(payload)).common, sheet.own
                times = [each.time_ns for each in own]
                yield Heads(begin, end, common.model, common.version, common.reference, times)


def sound_size(path: Path) -> int:
    """Return up to where a segment consists of whole frames, as of now: what comes after is being written, or torn."""
    with path.open("rb") as file:
        size = len(MAGIC) if _magic(file) else os.fstat(file.fileno()).st_size
        for _, end, _ in _frames(file) if size == len(MAGIC) else ():
            size = end
    return size


def sheets_at(path: Path, places: Iterable[int]) -> Iterator[Sheet]:
    """The records at these places of a segment: neighbours of one sheet together, in the order of the places.

    Raises ValueError where a record is not any more what it was."""
    with path.open("rb") as file:
        magic = _magic(file)
        for begin, together in groupby(places, _frame):
            sheet = _sheet_at(file, begin, magic)
            yield Sheet(sheet.common, [sheet.own[place % SHEET_PLACES] for place in together])


def _frame(place: int) -> int:
    return place // SHEET_PLACES


def _sheet_at(file: BinaryIO, offset: int, magic: bytes) -> Sheet:
    for begin, _, payload in _frames(file, offset):
        if payload is None:
            raise ValueError(f"the records at {begin} have changed")
        return decode_sheet(payload, magic)
    raise ValueError(f"the records at {offset} are gone")


def _magic(file: BinaryIO) -> bytes:
    """Read the beginning of a segment; empty when the file is no segment."""
    magic = file.read(len(MAGIC))
    return magic if magic in (MAGIC, MAGIC_1) else b""


def _frames(file: BinaryIO, offset: int = 0) -> Iterator[tuple[int, int, bytes | None]]:
    """The whole frames of a segment from where one begins (0: the first): where each begins and ends, and its payload, which is
    None where it fails its checksum."""
    size = os.fstat(file.fileno()).st_size
    begin = offset or len(MAGIC)
    file.seek(begin)
    while True:
        head = file.read(FRAME.size)
        if len(head) < FRAME.size:
            return
        length, checksum = FRAME.unpack(head)
        end = begin + FRAME.size + length
        if not length:  # zeros are what a power cut leaves behind the end
            return
        if end > size:  # a torn tail, or a length that is none; or it has grown since
            size = os.fstat(file.fileno()).st_size
            if end > size:
                return
        payload = file.read(length)
        if len(payload) < length:
            return
        yield begin, end, payload if zlib.crc32(payload) == checksum else None
        begin = end


@contextlib.contextmanager
def closed(path: Path) -> Iterator[bool]:
    """Lock a segment for the block and tell whether it is closed; False while another writes or holds it, and when it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        # Another process may have made Parquet of it and removed it between the opening and the lock.
        yield lock_descriptor(descriptor) and _has_name(path, descriptor)
    finally:
        os.close(descriptor)


def _has_name(path: Path, descriptor: int) -> bool:
    """Whether the open file is the one of this name. A backup may hold it under another one, so its count of names says nothing."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def is_closed(path: Path) -> bool:
    """Whether the segment is there and no process writes or holds it."""
    with closed(path) as found:
        return found
