"""The pace of a model: batches small enough for their time, refusals only where there is no time left."""

import pytest

from unshelf.worker.overload import Pace

SECOND = 1_000_000


def pace(*batches: tuple[int, float], timeout: float = 30.0, most_rows: int = 1024) -> Pace:
    found = Pace(timeout=timeout, most_rows=most_rows)
    for rows, seconds in batches:
        found.measure(rows, int(seconds * SECOND))
    return found


def test_a_model_of_a_second_a_row_has_batches_of_an_eighth_of_its_time() -> None:
    assert pace().rows == 1024
    assert pace((1, 1.0)).rows == 3
    assert pace((1, 1.0), (3, 3.0)).rows == 3
    assert pace((1, 100.0)).rows == 1


def test_a_model_whose_calls_cost_much_and_whose_rows_cost_little_gets_large_batches() -> None:
    found, rows = pace(), 1
    sizes = []
    for _ in range(8):
        found.measure(rows, int(0.4 * SECOND))
        sizes.append(rows := found.rows)
    assert sizes == sorted(sizes)
    assert sizes[-1] == 1024


def test_a_model_that_is_quick_again_is_not_held_back() -> None:
    assert pace((1, 1.0), (3, 0.001)).slow
    found = pace((1, 1.0), (3, 0.001), (3, 0.001))
    assert (found.slow, found.rows) == (False, 1024)


@pytest.mark.parametrize(("requests", "overloaded"), [(1, False), (15, False), (16, True), (100, True)])
def test_an_overload_is_more_than_half_of_the_time(requests: int, overloaded: bool) -> None:
    assert pace((1, 1.0), (1, 1.0)).is_overloaded(requests) == overloaded


def test_one_odd_batch_is_no_reason_to_refuse_anybody() -> None:
    assert not pace((1, 25.0)).is_overloaded(1000)
    assert not pace((1, 0.001), (1, 25.0)).is_overloaded(1000)


def test_those_are_late_for_whom_no_time_is_left() -> None:
    found = pace((1, 1.0), (1, 1.0))
    assert found.late_by(10, 1.0) < 0
    assert found.late_by(29, 1.0) > 0
    late = found.late_by(60, 0.0)
    refusal = found.refusal(60, late)
    assert (refusal.status, refusal.code, refusal.retry_after) == (503, "overloaded", int(late) + 1)
    assert "1 s a row, and with this request 60 rows wait" in refusal.detail
