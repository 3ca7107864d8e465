"""Figures of a bench: percentiles by the nearest rank, and rates of what was answered."""

from array import array

import pytest

from unshelf.worker.bench.callers import Answers
from unshelf.worker.bench.main import figures, percentile
from unshelf.worker.bench.serving import WorkerFailure


@pytest.mark.parametrize(("share", "milliseconds"), [(50, 2), (75, 3), (95, 4), (99, 4), (100, 4), (1, 1)])
def test_a_percentile_is_a_time_that_was_measured(share: int, milliseconds: int) -> None:
    ordered = array("Q", [each * 1_000_000 for each in (1, 2, 3, 4)])
    assert percentile(ordered, share) == milliseconds


def test_percentiles_of_a_hundred_are_the_ranks_themselves() -> None:
    ordered = array("Q", [each * 1_000_000 for each in range(1, 101)])
    assert [percentile(ordered, share) for share in (50, 95, 99)] == [50, 95, 99]


def test_rates_count_what_was_answered_and_rows_with_it() -> None:
    answers = Answers(array("Q", [3_000_000, 1_000_000, 2_000_000]), 1, "No.", 2.0)
    found = figures(answers, rows=10)
    assert (found["requests"], found["failed"], found["problem"]) == (3, 1, "No.")
    assert (found["requests_a_second"], found["rows_a_second"]) == (1.5, 15.0)
    assert (found["mean_ms"], found["p50_ms"], found["max_ms"]) == (2.0, 2.0, 3.0)


def test_where_nothing_was_answered_there_are_no_figures() -> None:
    with pytest.raises(WorkerFailure, match="Not one request was answered: It broke"):
        figures(Answers(array("Q"), 5, "It broke", 1.0), rows=1)
