"""Work behind the scenes takes a fifth of a processor, and rests only between its pieces."""

import pytest

from unshelf.monitor.predictions.pace import Pace


class Day:
    """A clock and a sleep that take no time."""

    def __init__(self) -> None:
        self.worked = 100.0
        self.rests: list[float] = []
        self.pace = Pace(clock=lambda: self.worked, sleep=self.rests.append)

    def work(self, seconds: float) -> None:
        self.pace.rest()
        self.worked += seconds


def test_a_rest_is_four_times_as_long_as_the_piece_before_it_and_none_follows_the_last() -> None:
    day = Day()
    for seconds in (0.010, 0.020, 0.015):
        day.work(seconds)

    assert day.rests == [pytest.approx(0.040), pytest.approx(0.080)]


def test_small_pieces_make_one_before_there_is_a_rest() -> None:
    day = Day()
    for _ in range(8):
        day.work(0.002)

    assert day.rests == [pytest.approx(0.024), pytest.approx(0.024)]
