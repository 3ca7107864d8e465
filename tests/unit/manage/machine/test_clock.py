"""The clock: noticed when it is set, and when it stands behind what was written."""

from datetime import datetime, timedelta

import pytest

from unshelf.foundation.clock import now
from unshelf.manage.machine.clock import ClockWatch


class Clocks:
    wall, steady = 1000.0, 5.0

    def pass_on(self, seconds: float, *, set_by: float = 0.0) -> None:
        self.steady += seconds
        self.wall += seconds + set_by


def watch(clocks: Clocks, newest: datetime | None = None) -> ClockWatch:
    return ClockWatch(lambda: newest, wall=lambda: clocks.wall, steady=lambda: clocks.steady)


def test_a_clock_that_runs_evenly_is_well() -> None:
    clocks = Clocks()
    found = watch(clocks, now())
    for _ in range(3):
        clocks.pass_on(60, set_by=0.2)
        assert found.check().state == "ok"


@pytest.mark.parametrize(("seconds", "told"), [(3600.0, "forward by 60 minutes"), (-45.0, "back by 45 seconds")])
def test_a_clock_that_is_set_is_told_for_an_hour(seconds: float, told: str) -> None:
    clocks = Clocks()
    found = watch(clocks)
    clocks.pass_on(60, set_by=seconds)
    check = found.check()
    assert (check.state, check.name) == ("warn", "clock") and told in check.detail and check.hint
    clocks.pass_on(3601)
    assert found.check().state == "ok"


def test_a_clock_behind_the_newest_event_is_a_fault() -> None:
    check = watch(Clocks(), now() + timedelta(hours=5)).check()
    assert check.state == "fail" and "5 hours behind" in check.detail
