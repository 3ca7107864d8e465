"""Segments as gateways write them, for tests that read them."""

import zlib
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import msgspec

from unshelf.contracts.records import FRAME, MAGIC, MAGIC_1, PredictionRecord, Sheet, encode_sheet, sheet_from
from unshelf.contracts.scanning import read_segment


def on_sheets(records: Iterable[PredictionRecord]) -> list[Sheet]:
    """Neighbours that have enough in common stand on one sheet."""
    groups = groupby(map(sheet_from, records), lambda sheet: sheet.common)
    return [Sheet(common, [sheet.own[0] for sheet in alone]) for common, alone in groups]


def sheets(*records: PredictionRecord) -> bytes:
    """What a gateway appends for these."""
    return b"".join(encode_sheet(sheet.common, sheet.own) for sheet in on_sheets(records))


def write_segment(path: Path, *records: PredictionRecord, tail: bytes = b"") -> Path:
    """A segment of these records; `tail` is what comes behind them."""
    path.write_bytes(MAGIC + sheets(*records) + tail)
    return path


def write_format_1(path: Path, *records: PredictionRecord) -> Path:
    """The same as releases before the sheets wrote it: a frame is a record."""
    payloads = [msgspec.msgpack.encode(each) for each in records]
    path.write_bytes(MAGIC_1 + b"".join(FRAME.pack(len(each), zlib.crc32(each)) + each for each in payloads))
    return path


def records_in(paths: Path | Iterable[Path]) -> list[PredictionRecord]:
    """All records of a segment, or of several."""
    return [record for path in ([paths] if isinstance(paths, Path) else paths) for *_, record in read_segment(path)]
