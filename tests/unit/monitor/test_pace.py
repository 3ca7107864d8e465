"""Work behind the scenes takes a fifth of a processor, and rests only between its pieces."""

import fcntl
from contextlib import ExitStack
from pathlib import Path

import pytest

from unshelf.contracts.records import MAGIC
from unshelf.monitor.predictions.pace import MOST_WAITING, SMALL_BYTES, Pace, no_rest, rest_for


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


def test_what_is_small_is_done_without_rests(tmp_path: Path) -> None:
    assert rest_for(tmp_path, SMALL_BYTES - 1) is no_rest
    assert rest_for(tmp_path, SMALL_BYTES) is not no_rest


def test_there_are_no_rests_while_many_closed_segments_wait_and_those_that_are_written_do_not_count(
    tmp_path: Path,
) -> None:
    paths = [tmp_path / f"{number}-0-a.seg" for number in range(MOST_WAITING)]
    for path in paths:
        path.write_bytes(MAGIC)
    with ExitStack() as stack:
        gateway = stack.enter_context(paths[0].open("ab"))
        fcntl.flock(gateway, fcntl.LOCK_EX)
        assert rest_for(tmp_path, SMALL_BYTES) is not no_rest

    assert rest_for(tmp_path, SMALL_BYTES) is no_rest
