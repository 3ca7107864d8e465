"""Bounds for a slow model: how large its batches may be, and which of the waiting requests it can't answer in time any more."""

from .errors import RequestRefused

_BATCH_SHARE = 1 / 8
"""The share of a prediction's time that a batch may take: an overload is answered in several batches, not too late in one."""
_QUICK_SHARE = 1 / 1024
"""The share of it below which a batch is not worth measuring: such a model answers all who may wait for it in time."""
_MARGIN = 1.02
"""The measured time a row is taken for that much more, since a request answered right after its deadline is answered for nothing."""


class Pace:
    """The time that a row takes, of the last two batches, and what follows from it. A quick model pays one comparison a batch."""

    def __init__(self, *, timeout: float, most_rows: int) -> None:
        self.quick = int(timeout * _QUICK_SHARE * 1e6)
        """The microseconds up to which a batch need not be measured, unless the one before was slow."""
        self.slow = False
        """Whether one of the last two batches was not quick."""
        self.rows = most_rows
        """The rows that a batch may have."""
        self._most_rows = most_rows
        self._timeout = timeout
        self._last = self._before = self._batch = 0.0

    def measure(self, rows: int, microseconds: int) -> None:
        """Take note of a batch."""
        self.slow = microseconds > self.quick or self._batch * 1e6 > self.quick
        self._batch = microseconds / 1e6
        self._before, self._last = self._last, self._batch / rows
        slowest = max(self._last, self._before)
        if not self.slow or slowest * self._most_rows <= self._timeout * _BATCH_SHARE:
            self.rows = self._most_rows
        else:
            self.rows = max(1, int(self._timeout * _BATCH_SHARE / slowest))

    def is_overloaded(self, requests: int) -> bool:
        """Whether this number of requests, each of a row at least, may be more than can be answered in time."""
        return self.slow and requests * self._row_seconds > self._timeout / 2

    def late_by(self, rows: int, waited: float) -> float:
        """The seconds by which a request is answered too late; 0 or less: in time.

        It has waited for `waited` seconds, and when it was read may have waited unseen while a batch ran, for half of it on
        average. `rows`, its own among them, are predicted before it is answered."""
        return rows * self._row_seconds * _MARGIN + waited + self._batch / 2 - self._timeout

    def refusal(self, rows: int, late: float) -> RequestRefused:
        """The answer to a request that would be answered too late."""
        return RequestRefused(
            503, "overloaded",
            f"The model takes {self._row_seconds:.2g} s a row, and with this request {rows} rows wait for it: more than it"
            f" predicts within {self._timeout:g} seconds.",
            hint="Send it again later, or fewer rows at a time; the model's owner can give it more replicas.",
            retry_after=max(1, int(late) + 1),
        )  # fmt: skip

    @property
    def _row_seconds(self) -> float:
        """The smaller of two measurements, so that one odd batch is no reason to refuse anybody."""
        return min(self._last, self._before)
