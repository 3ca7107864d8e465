"""A worker looks for the next request a moment before it sleeps, but only where that is likely to pay."""

import os
import selectors
from collections.abc import Iterator

import pytest

from unshelf.worker.process import busy_poll as brisk
from unshelf.worker.process.busy_poll import BusyPollSelector

_MICROSECONDS = 1_000


class _Line:
    """A selector on one pipe, and a clock: looking takes 10 µs, sleeping as long as it is told to."""

    def __init__(self) -> None:
        self.timeouts: list[float | None] = []
        self.now = 0
        self.sleeps = 0
        self.says_at: int | None = None
        """When the next request comes, for those that look."""
        self._selector = selectors.DefaultSelector()
        self._read, self._write = os.pipe()
        self._selector.register(self._read, selectors.EVENT_READ)

    def clock(self) -> int:
        return self.now

    def say(self) -> None:
        os.write(self._write, b"!")

    def hear(self) -> None:
        assert os.read(self._read, 9) == b"!"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.timeouts.append(timeout)
        if timeout == 0:
            self.now += 10 * _MICROSECONDS
            if self.says_at is not None and self.now >= self.says_at:
                self.says_at = None
                self.say()
        else:
            self.now += self.sleeps
            self.say()
        return self._selector.select(0)

    def close(self) -> None:
        self._selector.close()
        os.close(self._read)
        os.close(self._write)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Line]:
    line = _Line()
    monkeypatch.setattr(brisk, "perf_counter_ns", line.clock)
    yield line
    line.close()


def _wait(
    wait: BusyPollSelector, line: _Line, *, alone: bool = True, timeout: float | None = None
) -> list[float | None]:
    """One wait that ends with a request; the timeouts that it gave the selector."""
    line.timeouts.clear()
    assert wait.select(timeout, alone=alone)
    line.hear()
    return list(line.timeouts)


def _brisk(line: _Line, *, allowed: bool = True) -> BusyPollSelector:
    """One whose last wait was short."""
    wait = BusyPollSelector(line, allowed=allowed)  # type: ignore[arg-type]
    line.sleeps = 100 * _MICROSECONDS
    assert _wait(wait, line) == [None]
    return wait


def test_after_a_short_wait_the_next_request_is_looked_for_without_sleeping(line: _Line) -> None:
    wait = _brisk(line)
    for _ in range(3):
        line.says_at = line.now + 50 * _MICROSECONDS
        looks = _wait(wait, line)
        assert set(looks) == {0}
        assert len(looks) > 1


def test_looking_in_vain_ends_in_sleep_and_is_not_tried_again_until_requests_are_brisk(line: _Line) -> None:
    wait = _brisk(line)
    line.sleeps = 20_000 * _MICROSECONDS
    looks = _wait(wait, line, timeout=1.0)
    assert looks[-1] == 1.0
    assert len(looks) == 26  # 250 µs of looks that take 10 µs each, and sleep
    assert _wait(wait, line, timeout=1.0) == [1.0]
    line.sleeps = 100 * _MICROSECONDS
    assert _wait(wait, line) == [None]
    line.says_at = line.now
    assert _wait(wait, line) == [0]


def test_nobody_looks_after_a_batch_of_many(line: _Line) -> None:
    assert _wait(_brisk(line), line, alone=False) == [None]


def test_nobody_looks_where_processor_time_is_scarce(line: _Line) -> None:
    wait = _brisk(line, allowed=False)
    assert _wait(wait, line) == [None]


def test_who_has_work_to_do_does_not_wait(line: _Line) -> None:
    wait = _brisk(line)
    line.timeouts.clear()
    assert wait.select(0, alone=True) == []
    assert line.timeouts == [0]
