"""The counters of a gateway: the hot path's few additions."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from pathlib import Path

from unshelf.contracts.counter_ids import (
    ANSWERED,
    LOST,
    LOST_OF,
    NOT_RECORDING,
    RECORDED,
    ROUTING_UNREADABLE,
    SPANS_DROPPED,
    TOTALS,
    TOTALS_CELLS,
)
from unshelf.contracts.protocols.host import How
from unshelf.contracts.records import COUNTED_PURPOSES
from unshelf.gateway.prediction import Prediction, RecordBatch
from unshelf.runtime.mapped_counters import CELLS_SUFFIX, MappedCounters

TIME_BOUNDS_US = (
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
    30_000_000,
)  # fmt: skip
ROW_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576)

OUTCOMES, VERSION, INTERNAL = "outcomes", "version", "internal"
"""The first part of a label: (OUTCOMES, model, version, protocol, status), (VERSION, model, version), (INTERNAL, model, version,
purpose, status); more are in contracts."""

_TIMES = len(TIME_BOUNDS_US) + 2
_ROWS = len(ROW_BOUNDS) + 2
LATENCY = 0
"""The cells of a version: histograms (a cell a bound, one for what is above the last, one for the sum), then single counters."""
QUEUE = LATENCY + _TIMES
PREDICT = QUEUE + _TIMES
ROWS = PREDICT + _TIMES
IN_FLIGHT = ROWS + _ROWS
WAKES = IN_FLIGHT + 1
"""Two cells for each of HOW: how many, and how long in microseconds."""
HOW: tuple[How, ...] = ("forked", "spawned", "running")
_VERSION_CELLS = WAKES + 8


class Counters:
    """The counters of this gateway. Nothing here raises, locks or waits."""

    def __init__(self, folder: Path, gateway: int) -> None:
        self.path = folder / f"gateway-{gateway}{CELLS_SUFFIX}"
        self.file = MappedCounters(self.path)
        self._totals = self.file.block((TOTALS,), TOTALS_CELLS)
        self._versions: dict[tuple[str, int], memoryview] = {}
        self._outcomes: dict[tuple[str, int, str, int], memoryview] = {}
        self._recorded_before = self._totals[RECORDED]
        self._lost_before = self._totals[LOST]
        self._dropped_before = self._totals[SPANS_DROPPED]
        for label, _ in self.file.blocks():
            if label[0] == VERSION:  # what was in flight went with the process that held it
                self.version(str(label[1]), int(label[2]))[IN_FLIGHT] = 0

    def version(self, model: str, version: int) -> memoryview:
        """The cells of a version."""
        cells = self._versions.get((model, version))
        if cells is None:
            cells = self._versions[model, version] = self.file.block((VERSION, model, version), _VERSION_CELLS)
        return cells

    def begun(self, prediction: Prediction) -> None:
        """A prediction was given to its version; `answered` takes it out."""
        prediction.in_flight = True
        self.version(prediction.model, prediction.version)[IN_FLIGHT] += 1

    def answered(self, divided: Iterable[RecordBatch]) -> None:
        """Count predictions that have their outcomes."""
        for alike in divided:
            first, count = alike[0], len(alike)
            self._totals[ANSWERED] += count
            if first.purpose not in COUNTED_PURPOSES:
                self._count_internal(alike)
                continue
            key = first.model, first.version, first.protocol, first.status
            cell = self._outcomes.get(key)
            if cell is None:
                cell = self._outcomes[key] = self.file.block((OUTCOMES, *key), 1)
            cell[0] += count
            if first.version:
                self._describe(self.version(first.model, first.version), alike)

    def _describe(self, cells: memoryview, alike: RecordBatch) -> None:
        """Add predictions of a version to its histograms, and take them out of those in flight."""
        first, count = alike[0], len(alike)
        self._leave(cells, alike)
        _observe(cells, LATENCY, TIME_BOUNDS_US, [each.latency_us for each in alike])
        if first.attempts:
            _observe(cells, QUEUE, TIME_BOUNDS_US, [each.queue_us for each in alike])
        if first.batch_rows:
            _observe(cells, PREDICT, TIME_BOUNDS_US, [first.predict_us], count)
            _observe(cells, ROWS, ROW_BOUNDS, [first.batch_rows], count)

    def _count_internal(self, alike: RecordBatch) -> None:
        """Count predictions that the platform asked for itself, apart from those of callers."""
        first = alike[0]
        self.file.block((INTERNAL, first.model, first.version, first.purpose, first.status), 1)[0] += len(alike)
        if first.version:
            self._leave(self.version(first.model, first.version), alike)

    def _leave(self, cells: memoryview, alike: RecordBatch) -> None:
        """Take predictions out of those in flight."""
        cells[IN_FLIGHT] -= len([1 for each in alike if each.in_flight])

    def woken(self, model: str, version: int, how: How, seconds: float) -> None:
        """The host gave a worker of a version, after `seconds`; `how` it came to be is one of HOW."""
        cells = self.version(model, version)
        first = WAKES + 2 * HOW.index(how)
        cells[first] += 1
        cells[first + 1] += int(seconds * 1e6)

    def recorded(self, recorded: int, lost: int) -> None:
        """Note the totals of this process's recorder since it began."""
        self._totals[RECORDED] = self._recorded_before + recorded
        self._totals[LOST] = self._lost_before + lost

    def lost(self, predictions: Iterable[Prediction]) -> None:
        """Count predictions that could not be recorded."""
        for prediction in predictions:
            self.file.block((LOST_OF, prediction.model, prediction.version), 1)[0] += 1

    def recording(self, *, works: bool) -> None:
        """Whether this gateway can record now."""
        self._totals[NOT_RECORDING] = int(not works)

    def routing(self, *, unreadable: int) -> None:
        """How many parts of the routing state this gateway can't read now."""
        self._totals[ROUTING_UNREADABLE] = unreadable

    def spans_dropped(self, dropped: int) -> None:
        """Note the spans that this process's sender has dropped since it began."""
        self._totals[SPANS_DROPPED] = self._dropped_before + dropped


def _observe(cells: memoryview, first: int, bounds: Sequence[int], values: list[int], times: int = 1) -> None:
    """Add values, each `times` times, to the histogram whose cells begin at `first`."""
    buckets = [bisect_left(bounds, value) for value in values]
    for bucket in set(buckets):
        cells[first + bucket] += buckets.count(bucket) * times
    cells[first + len(bounds) + 1] += sum(values) * times
