"""Watches recording: what gateways could not record, and what was broken in the segments, become metrics and alerts.

Gateways count in mapped files that anyone may read, so nobody has to be asked, and a gateway that was killed tells all the
same. What control itself counts lies in such a file too, from which `/metrics` takes it."""

import logging
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from unshelf.contracts import counter_ids as c
from unshelf.contracts.protocols.records import Compacted
from unshelf.contracts.records import SEGMENT_SUFFIX
from unshelf.foundation.clock import now
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.monitor.alerts.alert import OPERATOR, Finding
from unshelf.monitor.alerts.service import AlertService
from unshelf.records.archive.layout import DAMAGED_SUFFIX, keys_aside
from unshelf.runtime.file_lock import locked
from unshelf.runtime.mapped_counters import MappedCounters, read_cells

RECORDING_FAILING = "recording_failing"
PREDICTIONS_LOST = "predictions_lost"
SEGMENT_TORN = "segment_torn"
SEGMENT_DAMAGED = "segment_damaged"
ARCHIVE_DAMAGED = "archive_damaged"
KINDS = (RECORDING_FAILING, PREDICTIONS_LOST, SEGMENT_TORN, SEGMENT_DAMAGED, ARCHIVE_DAMAGED)
"""docs/concepts/alerts.md explains each."""

logger = logging.getLogger(__name__)


class RecordingWatch:
    """Looks at the counters every two seconds, and is called for each segment that becomes Parquet."""

    def __init__(
        self,
        alerts: AlertService,
        *,
        metrics: Path,
        predictions: Path,
        maker: Callable[[str], str | None],
        seconds: float = 2.0,
        quiet: float = 6.0,
        torn_for: timedelta = timedelta(days=1),
    ) -> None:
        """`maker` names the user responsible for a model. A failure is over after `quiet` seconds without another; the alert about a
        torn segment stays open for `torn_for`."""
        self._alerts = alerts
        self._metrics = metrics
        self._predictions = predictions
        self._maker = maker
        self._seconds = seconds
        self._quiet = quiet
        self._torn_for = torn_for
        self._reported_by_model: dict[str, int] = {}
        self._failed_at = -quiet
        self._cells: memoryview | None = None

    def start(self) -> None:
        """Begin to count. Not before: a control that only just waits for its turn counts nothing."""
        self._metrics.mkdir(mode=0o700, exist_ok=True)
        with locked(self._metrics / "control.lock"):  # the controls of a server share the file
            self._cells = MappedCounters(self._metrics / c.CONTROL_CELLS).block((c.RECORDS,), c.RECORDS_CELLS)

    def loop(self) -> PeriodicLoop:
        """Return the loop that looks, in one control at a time."""
        return PeriodicLoop(name="recording_watch", act=self.look, every=self._seconds, retry=self._seconds)

    def compacted(self, done: Compacted) -> None:
        """A segment became Parquet: tell if something of it was left out."""
        cells = self._cells
        if cells is None or not (done.torn_bytes or done.kept_aside):
            return
        cells[c.BYTES_LEFT_OUT] += done.torn_bytes
        cells[c.SEGMENTS_DAMAGED if done.kept_aside else c.SEGMENTS_TORN] += 1
        if done.kept_aside:
            self._look_for_damage()
        else:
            self._alerts.report(_torn(cells[c.SEGMENTS_TORN], cells[c.BYTES_LEFT_OUT], done))

    def look(self) -> None:
        """See what gateways have counted, and which alerts are over."""
        failing, lost, by_model = self._read()
        cells = self._cells
        if failing or (cells is not None and lost > cells[c.LOST_TOLD]):
            self._failed_at = time.monotonic()
            self._report(failing, lost, by_model)
            if cells is not None:
                cells[c.LOST_TOLD] = lost
        elif time.monotonic() - self._failed_at >= self._quiet:
            for kind in (RECORDING_FAILING, PREDICTIONS_LOST):
                for alert in self._alerts.open_of(kind):
                    self._alerts.over(*alert.key)
        self._look_for_damage()
        for alert in self._alerts.open_of(SEGMENT_TORN):
            if now() - alert.seen_at >= self._torn_for:
                self._alerts.over(*alert.key)
        self._alerts.write()
        if cells is not None:
            cells[c.OPEN_WARNINGS], cells[c.OPEN_CRITICAL] = self._alerts.count()

    def _read(self) -> tuple[int, int, dict[str, int]]:
        """Gateways that can't record; predictions that were lost since the server's start, in all and by model."""
        failing = lost = 0
        by_model: dict[str, int] = {}
        for path in self._metrics.glob(c.GATEWAY_CELLS):
            for label, cells in read_cells(path, kinds=(c.TOTALS, c.LOST_OF)):
                if label[0] == c.TOTALS:
                    failing += cells[c.NOT_RECORDING]
                    lost += cells[c.LOST]
                elif label[1]:
                    by_model[str(label[1])] = by_model.get(str(label[1]), 0) + cells[0]
        return failing, lost, by_model

    def _report(self, failing: int, lost: int, by_model: dict[str, int]) -> None:
        self._alerts.report(self._failing(failing, lost))
        for model, count in by_model.items():
            if count > self._reported_by_model.get(model, 0):
                self._alerts.report(_lost(model, count, self._maker(model) or OPERATOR))
        self._reported_by_model = by_model

    def _failing(self, failing: int, lost: int) -> Finding:
        return Finding(
            kind=RECORDING_FAILING,
            severity="critical",
            summary="Predictions can't be recorded, or could not be a moment ago.",
            evidence={
                "gateways_failing": failing,
                "lost_since_start": lost,
                "free_bytes": shutil.disk_usage(self._predictions).free if self._predictions.exists() else 0,
            },
            action="repair",
            advice=f"Make room on the disk of {self._predictions.name}/, or make it writable: the gateways' log says what is "
            "wrong. Recording then continues.",
        )

    def _look_for_damage(self) -> None:
        self._look_for_damaged_files()
        names = sorted(path.name for path in self._predictions.glob(f"*{SEGMENT_SUFFIX}{DAMAGED_SUFFIX}"))
        if not names:
            self._alerts.over(SEGMENT_DAMAGED)
            return
        self._alerts.report(
            Finding(
                kind=SEGMENT_DAMAGED,
                severity="critical",
                summary="Segments of prediction records had broken bytes in their middle. What could be read is kept.",
                evidence={"segments": len(names), "files": names[:10]},
                action="repair",
                advice="No gateway writes such: look at the disk. Keep the files for an inquiry; this alert is over when they "
                "are gone from predictions/.",
            )
        )

    def _look_for_damaged_files(self) -> None:
        keys = keys_aside(self._predictions)
        if not keys:
            self._alerts.over(ARCHIVE_DAMAGED)
            return
        self._alerts.report(
            Finding(
                kind=ARCHIVE_DAMAGED,
                severity="critical",
                summary="Parquet files of prediction records can't be read. Logs and SQL go on without them.",
                evidence={"files": len(keys), "keys": keys[:10]},
                action="repair",
                advice="Nothing of ours changes such a file: look at the disk. They are put aside in predictions/, as `.damaged` "
                "(of one in S3, a note is). Put a good copy back in its place under predictions/parquet/; this alert is over when "
                "what was put aside is gone.",
            )
        )


def _lost(model: str, count: int, owner: str) -> Finding:
    return Finding(
        kind=PREDICTIONS_LOST,
        model=model,
        severity="critical",
        summary=f"Predictions of {model} could not be recorded.",
        evidence={"lost_since_start": count},
        action="repair",
        advice="What its callers heard is what [recording] on_failure says: 503, or the answer. The operator finds the reason in "
        "the alert recording_failing.",
        owner=owner,
    )


def _torn(segments: int, left_out: int, last: Compacted) -> Finding:
    return Finding(
        kind=SEGMENT_TORN,
        severity="warning",
        summary="Segments of prediction records ended in half a record, which was left out.",
        evidence={"segments_since_start": segments, "bytes_left_out": left_out, "last_segment": last.segment},
        action="ignore",
        advice="A gateway was killed while it wrote: no caller heard of what is missing. After a power cut some may have; "
        'durability = "disk" keeps that from happening.',
    )
