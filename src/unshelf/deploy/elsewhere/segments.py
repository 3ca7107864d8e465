"""Segments of records that were taken in: written aside, made to count by a transaction, then given their place."""

import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from unshelf.codecs.redaction import Redaction
from unshelf.contracts.problems import encode_problem, problem
from unshelf.contracts.protocols.frames import NATIVE
from unshelf.contracts.records import MAGIC, Common, Own, encode_sheet
from unshelf.deploy.elsewhere.record import CheckedRecord
from unshelf.runtime.durable import flush_folder
from unshelf.runtime.file_lock import lock_descriptor
from unshelf.runtime.segment_names import name_segment

HELD_SECONDS = 60.0
"""How long segments are kept from becoming Parquet, so that those of small batches become it together."""
_HELD_BYTES = 16 << 20
_ORPHAN_SECONDS = 3600.0
_SHEET_RECORDS = 500
_SUCCESS, _FAILED = 200, 500


class Sender(NamedTuple):
    """Facts that the records of a batch have in common."""

    model: str
    reference: str
    actor: str
    redactions: Mapping[int, Redaction | None]
    """By version."""


class TakenSegments:
    """Writes segments of records in a folder aside, and moves them among those of the gateways."""

    def __init__(self, predictions: Path, *, held_seconds: float = HELD_SECONDS) -> None:
        self._folder = predictions
        self._staging = predictions / "staging" / "elsewhere"
        self._held_seconds = held_seconds
        self._lock = threading.Lock()
        self._held: list[int] = []
        self._held_bytes = 0
        self._held_since = 0.0

    def write(self, sender: Sender, records: Sequence[CheckedRecord]) -> str:
        """Write records into a new segment aside; on the disk when this returns. Returns its name."""
        self._staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = name_segment(self._folder, 0)
        with (self._staging / name).open("xb") as file:
            file.write(MAGIC)
            for group in _groups(records):
                for start in range(0, len(group), _SHEET_RECORDS):
                    file.write(_sheet(sender, group[start : start + _SHEET_RECORDS]))
            file.flush()
            os.fsync(file.fileno())
        flush_folder(self._staging)
        return name

    def discard(self, name: str) -> None:
        """Remove a segment that does not count."""
        (self._staging / name).unlink(missing_ok=True)

    def publish(self, name: str) -> None:
        """Give a segment its place, and hold it back from becoming Parquet for a while. Repeating it changes nothing."""
        staged = self._staging / name
        try:
            descriptor = os.open(staged, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        lock_descriptor(descriptor)
        size = os.fstat(descriptor).st_size
        try:
            staged.rename(self._folder / name)
        except FileNotFoundError:  # another control was faster
            os.close(descriptor)
            return
        flush_folder(self._folder)
        with self._lock:
            self._held_since = self._held_since if self._held else time.monotonic()
            self._held.append(descriptor)
            self._held_bytes += size
            is_much = self._held_bytes >= _HELD_BYTES
        self.release(only_late=not is_much)

    def release(self, *, only_late: bool = False) -> None:
        """Let segments become Parquet; `only_late`: those alone that have waited long enough."""
        with self._lock:
            if only_late and time.monotonic() < self._held_since + self._held_seconds:
                return
            held, self._held, self._held_bytes = self._held, [], 0
        for descriptor in held:
            os.close(descriptor)

    def sweep(self, *, older_than: float = _ORPHAN_SECONDS) -> None:
        """Remove segments aside that never came to count: who wrote them was killed."""
        for path in list(self._staging.iterdir()) if self._staging.exists() else ():
            try:
                if time.time() - path.stat().st_mtime > older_than:
                    path.unlink(missing_ok=True)
            except FileNotFoundError:
                continue


def _groups(records: Sequence[CheckedRecord]) -> list[list[CheckedRecord]]:
    """Divide records by what a sheet has in common: the version, and how they ended."""
    groups: dict[tuple[int, bool], list[CheckedRecord]] = {}
    for record in records:
        groups.setdefault((record.version, bool(record.error)), []).append(record)
    return list(groups.values())


def _sheet(sender: Sender, records: Sequence[CheckedRecord]) -> bytes:
    version, failed = records[0].version, bool(records[0].error)
    status = _FAILED if failed else _SUCCESS
    redaction = sender.redactions.get(version)
    own = []
    for record in records:
        output = _problem(record) if failed else msgspec.json.encode([record.output])
        made = Own(
            id=record.id, time_ns=record.time_ns, latency_us=record.latency_us, queue_us=0,
            input=msgspec.json.encode({"inputs": [record.inputs]}), output=output,
        )  # fmt: skip
        own.append(made if redaction is None else redaction.apply(made, wire_protocol=NATIVE, status=status))
    common = Common(
        model=sender.model, version=version, reference=sender.reference, protocol="native", key=sender.actor,
        content_type="application/json", status=status, code="model_error" if failed else "", predict_us=0, batch_rows=1,
        attempts=0, generation=0,
    )  # fmt: skip
    return encode_sheet(common, own)


def _problem(record: CheckedRecord) -> bytes:
    return encode_problem(problem("model_error", record.error[:2000], id=record.id))
