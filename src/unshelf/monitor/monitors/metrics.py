"""Metrics of monitors: what each found last, kept in a mapped file from which `/metrics` takes it."""

from collections.abc import Collection
from pathlib import Path

from sqlalchemy.orm import Session

from unshelf.contracts import counter_ids as c
from unshelf.foundation.database.engine import Database
from unshelf.monitor.monitors.alerting import versions_watched
from unshelf.monitor.monitors.judging.verdict import MonitorResult, Status
from unshelf.monitor.monitors.results import ResultStore
from unshelf.monitor.monitors.service import MonitorService
from unshelf.runtime.mapped_counters import Label, MappedCounters

_STATES: dict[Status, int] = {"ok": 1, "alarm": 2, "not_judged": 3}
_GONE = 0
_MOST = 2**63 - 1


class MonitorMetrics:
    """Publishes what monitors found. By one thread."""

    def __init__(
        self, database: Database, monitors: MonitorService, results: ResultStore, folder: Path, index: int
    ) -> None:
        """`folder`: that of the metrics; `index`: the control's."""
        self._database = database
        self._monitors = monitors
        self._results = results
        self._index = index
        self._path = folder / f"{c.MONITORS_CELLS}{index}.cells"
        self._file: MappedCounters | None = None

    def publish(self, models: Collection[str]) -> None:
        """Publish what the monitors of these models found last, and that those which are gone found nothing."""
        file = self._opened()
        with self._database.read() as session:
            found = {model: dict(self._found(session, model)) for model in models}
        for model, of_model in found.items():
            for label, _ in file.blocks():
                if label[1] == model and label not in of_model:
                    file.block(label, c.MONITOR_CELLS)[c.MONITOR_STATE] = _GONE
            for label, result in of_model.items():
                _write(file.block(label, c.MONITOR_CELLS), result)

    def _found(self, session: Session, model: str) -> list[tuple[Label, MonitorResult]]:
        if not self._monitors.is_live(session, model):
            return []
        live = self._monitors.live(session, model)
        found: list[tuple[Label, MonitorResult]] = []
        for monitor in self._monitors.of_model(session, model):
            if monitor.paused:
                continue
            for version in versions_watched(monitor, live):
                latest = self._results.recent(session, model, monitor.name, version, most=1)
                label = (c.MONITOR, model, version or 0, monitor.name, monitor.kind, self._index)
                found += [(label, each) for each in latest]
        return found

    def _opened(self) -> MappedCounters:
        if self._file is None:
            self._file = MappedCounters(self._path)
        return self._file


def _write(cells: memoryview, result: MonitorResult) -> None:
    verdict = result.verdict
    cells[c.MONITOR_VALUE] = _millionths(verdict.value or 0.0)
    cells[c.MONITOR_THRESHOLD] = _millionths(verdict.threshold)
    cells[c.MONITOR_JUDGED] = int(result.judged_at.timestamp())
    cells[c.MONITOR_STATE] = _STATES[verdict.status]


def _millionths(value: float) -> int:
    return min(_MOST, max(0, round(min(value, 1e12) * 1e6)))
