"""Work behind the scenes takes a fifth of a processor, and rests only between its pieces."""

import fcntl
from pathlib import Path

import pytest

from unshelf.contracts.records import MAGIC
from unshelf.records.archive.throttle import REST, SMALL_BYTES, Throttle, pace_for


class Day:
    """A clock and a sleep that take no time."""

    def __init__(self) -> None:
        self.worked = 100.0
        self.rests: list[float] = []
        self.pace = Throttle(clock=lambda: self.worked, sleep=self.rests.append)

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
    assert pace_for(tmp_path, SMALL_BYTES - 1).times == 0
    assert pace_for(tmp_path, SMALL_BYTES).times == REST


def test_rests_are_shorter_the_more_closed_segments_wait_and_those_that_are_written_do_not_count(
    tmp_path: Path,
) -> None:
    found = []
    with (tmp_path / "0-0-a.seg").open("wb") as written:
        fcntl.flock(written, fcntl.LOCK_EX)
        for number in range(6):
            found.append(pace_for(tmp_path, SMALL_BYTES).times)
            (tmp_path / f"{number + 1}-0-a.seg").write_bytes(MAGIC)

    assert found == [4, 3, 2, 1, 0, 0]


def test_without_rests_there_are_none() -> None:
    rests: list[float] = []
    moments = iter(range(10))
    pace = Throttle(0, clock=lambda: next(moments), sleep=rests.append)
    for _ in range(3):
        pace.rest()

    assert rests == []
