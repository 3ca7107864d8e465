"""Windows of a number of predictions: filled in the order in which records are counted, and closed when that number has come."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from unshelf.monitor.windows.counting import ColumnsBuilder, Counted, HourCounter, together


@dataclass(frozen=True, kw_only=True)
class FilledWindow:
    """A window of some predictions."""

    size: int
    """The predictions that it has when it is closed."""
    number: int
    """1, 2, … of this size."""
    counted: Counted | None
    """None: it has no record yet."""
    first_ns: int = 0
    """The time of its earliest record, in nanoseconds since 1970."""
    last_ns: int = 0
    """The time of its latest one."""

    @property
    def requests(self) -> int:
        """The predictions that it has."""
        return 0 if self.counted is None else self.counted.requests

    @property
    def is_closed(self) -> bool:
        """Whether it has all of them."""
        return self.requests >= self.size


class CountFiller:
    """Fills windows of one size, in the order in which records are taken."""

    def __init__(self, opened: FilledWindow, columns: Callable[[], ColumnsBuilder]) -> None:
        """`opened`: the window that is not closed yet. `columns` makes what profiles the columns of one window."""
        self._open = opened
        self._columns = columns
        self._counter: HourCounter | None = None
        self._taken = 0
        """Records that the counter has."""
        self._closed: list[FilledWindow] = []

    def add(self, records: Any) -> None:
        """Take a table of records: each belongs to the window that is open when its turn comes."""
        while records.num_rows:
            count = min(records.num_rows, self._open.size - self._open.requests - self._taken)
            self._fill(records.slice(0, count))
            records = records.slice(count)
            if self._open.requests + self._taken == self._open.size:
                closed = self._settled()
                self._closed.append(closed)
                self._open = FilledWindow(size=closed.size, number=closed.number + 1, counted=None)

    def windows(self) -> list[FilledWindow]:
        """Return the windows that changed: those that were closed, and the open one where it has new records."""
        if self._taken:
            self._open = self._settled()
            return [*self._closed, self._open]
        return list(self._closed)

    @property
    def opened(self) -> FilledWindow:
        """The window that is open; call `windows` first."""
        return self._open

    def _fill(self, records: Any) -> None:
        if self._counter is None:
            self._counter = HourCounter(self._columns())
        self._counter.add(records)
        has_records = self._open.requests + self._taken > 0
        self._taken += records.num_rows
        times = pc.min_max(records.column("time").cast(pa.int64())).as_py()
        first = min(self._open.first_ns, times["min"]) if has_records else times["min"]
        self._open = FilledWindow(
            size=self._open.size, number=self._open.number, counted=self._open.counted, first_ns=first,
            last_ns=max(self._open.last_ns, times["max"]) if has_records else times["max"],
        )  # fmt: skip

    def _settled(self) -> FilledWindow:
        """Return the open window with what was taken, of which nothing is left to take."""
        assert self._counter is not None  # noqa: S101 - records were taken
        new, before = self._counter.counted(), self._open.counted
        self._counter, self._taken = None, 0
        return FilledWindow(
            size=self._open.size, number=self._open.number, counted=new if before is None else together([before, new]),
            first_ns=self._open.first_ns, last_ns=self._open.last_ns,
        )  # fmt: skip
