"""Segments as gateways write them, for tests that read them."""

import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.records import FRAME, MAGIC, MAGIC_1, PredictionRecord, Sheet, encode_sheet, sheet_from
from unshelf.runtime.file_lock import lock_descriptor
from unshelf.runtime.segment_reader import read_segment


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


SECOND = 1_000_000_000


def record(number: int, *, time_ns: int | None = None, **fields: Any) -> PredictionRecord:
    """A record that came `number` seconds after the epoch, unless said otherwise."""
    values: dict[str, Any] = {
        "id": f"p{number}", "time_ns": number * SECOND if time_ns is None else time_ns, "model": "iris", "version": 1,
        "reference": "iris", "protocol": "native", "key": "admin", "status": 200, "code": "", "latency_us": 1500,
        "queue_us": 200, "predict_us": 700, "batch_rows": 1, "attempts": 1, "content_type": "application/json",
        "input": b'{"inputs": [[1.0]]}', "input_header": 0, "output": b"[0]", "output_header": 0,
    }  # fmt: skip
    return PredictionRecord(**{**values, **fields})


def write(path: Path, *records: PredictionRecord, written: int | None = None) -> None:
    """A segment, last written to at `written` seconds."""
    write_segment(path, *records)
    if written is not None:
        os.utime(path, ns=(written * SECOND, written * SECOND))


@contextmanager
def held(path: Path) -> Iterator[Path]:
    """A segment that belongs to somebody for the block, as one does that a gateway writes: no compaction takes it away."""
    with path.open("rb") as file:
        assert lock_descriptor(file.fileno()), f"{path} is held by another"
        yield path


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
