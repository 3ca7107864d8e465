"""The machine's clock as somebody sets it."""

import time

import pytest

from unshelf.gateway.records.wall_clock import WallClock

SECOND = 1_000_000_000


def test_a_clock_that_is_set_is_noticed_and_one_that_is_corrected_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a clock that goes on, is corrected by half a second, set forward and set back, then only setting is noticed, and setting back
    until records begin anew."""
    now = [1_800_000_000 * SECOND, 0]
    monkeypatch.setattr(time, "time_ns", lambda: now[0])
    monkeypatch.setattr(time, "monotonic_ns", lambda: now[1])
    clock = WallClock()
    seen = []
    for wall, monotonic in ((10, 10), (0.5, 1), (3600, 1), (1, 1), (-1800, 1), (1, 1)):
        now[0] += round(wall * SECOND)
        now[1] += monotonic * SECOND
        seen.append((clock.was_set_back(), clock.jumped()))
    assert seen == [(False, False), (False, False), (False, True), (False, False), (True, True), (True, False)]
    clock.begin_anew()
    assert (clock.was_set_back(), clock.latest_ns) == (False, now[0])
