"""What a trial reached, by its jobs."""

import pytest

from unshelf.develop.sweeps.sweep import JobOutcome, Reached, reached

RUNNING = JobOutcome(is_over=False, succeeded=False, reason="", results=None)
FAILED = JobOutcome(is_over=True, succeeded=False, reason="It exited with 1.", results=None)


def done(value: object) -> JobOutcome:
    return JobOutcome(is_over=True, succeeded=True, reason="", results={"score": value})


def test_it_is_the_mean_over_its_folds_once_all_are_done() -> None:
    assert reached("score", [done(1), RUNNING]) == Reached(state="running")
    assert reached("score", [done(1), None]) == Reached(state="running")
    assert reached("score", [done(1), done(3.0)]) == Reached(state="done", value=2.0, spread=pytest.approx(2**0.5))
    assert reached("score", [done(4)]) == Reached(state="done", value=4.0)


def test_one_job_that_fails_or_reached_no_number_fails_it_at_once() -> None:
    assert reached("score", [RUNNING, FAILED]) == Reached(state="failed", reason="It exited with 1.")
    for value in ("high", True, None, float("inf")):
        assert reached("score", [RUNNING, done(value)]).state == "failed"
    assert "'accuracy'" in reached("accuracy", [done(1)]).reason
