"""Segments as gateways write them, for tests that read them."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from unshelf.contracts.records import MAGIC, Common, Own, PredictionRecord, encode_sheet
from unshelf.contracts.scanning import read_segment


def sheets(*records: PredictionRecord) -> bytes:
    """What a gateway appends for these: neighbours that have enough in common stand on one sheet."""
    groups = groupby(records, lambda record: _taken(record, Common.__struct_fields__))
    return b"".join(
        encode_sheet(common, [_taken(record, Own.__struct_fields__) for record in alike]) for common, alike in groups
    )


def write_segment(path: Path, *records: PredictionRecord, tail: bytes = b"") -> Path:
    """A segment of these records; `tail` is what comes behind them."""
    path.write_bytes(MAGIC + sheets(*records) + tail)
    return path


def records_in(paths: Path | Iterable[Path]) -> list[PredictionRecord]:
    """All records of a segment, or of several."""
    return [record for path in ([paths] if isinstance(paths, Path) else paths) for *_, record in read_segment(path)]


def _taken(record: PredictionRecord, fields: Sequence[str]) -> tuple[Any, ...]:
    return tuple(getattr(record, field) for field in fields)
