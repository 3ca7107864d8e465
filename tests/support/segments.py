"""Segments as gateways write them, for tests that read them."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from unshelf.contracts.records import MAGIC, PredictionRecord, Sheet, encode_sheet, sheet_from
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


def records_in(paths: Path | Iterable[Path]) -> list[PredictionRecord]:
    """All records of a segment, or of several."""
    return [record for path in ([paths] if isinstance(paths, Path) else paths) for *_, record in read_segment(path)]
