"""What a job left is read as a stranger's."""

from types import SimpleNamespace
from typing import Any

import pytest

from unshelf.monitor.performance.custom.days import day_row, found_by
from unshelf.monitor.performance.custom.metric import DayFound, PartValue

METRIC: Any = SimpleNamespace(model="iris", name="lost", number=2)
FACTS = {"stamp": "s", "labelled": 10, "used": 5, "left_out": ["image"]}


def job(state: str, results: Any = None, reason: str = "") -> Any:
    return SimpleNamespace(state=state, results=results, reason=reason)


def test_days_are_found_or_said_to_be_missing() -> None:
    days, problem = found_by(
        job("succeeded", {"days": [{"day": "2026-11-02", "parts": {"": {"value": 1, "rows": 3}}}]})
    )
    assert (days["2026-11-02"].parts[""].value, problem) == (1.0, "")
    assert found_by(None) == ({}, "Its job is gone.")
    assert "did not end well: Too much memory." in found_by(job("failed", reason="Too much memory."))[1]


@pytest.mark.parametrize(
    "results", [None, {"days": 3}, {"days": [{"day": "x", "parts": {"": {"value": "many", "rows": 1}}}]}]
)
def test_other_results_can_t_be_read(results: Any) -> None:
    assert "can't be read" in found_by(job("succeeded", results))[1]


def test_a_day_is_kept_with_what_is_to_be_known_of_it() -> None:
    found = DayFound(
        day="2026-11-02", parts={"": PartValue(value=1.0, rows=5), "who=b": PartValue(value=float("inf"), rows=1)}, left_out=1,
        why="who=a: It raised ValueError.",
    )  # fmt: skip
    row = day_row(METRIC, 1, "2026-11-02", "s", found=found, facts=FACTS, seconds=2.0)
    assert (row.number, row.labelled, set(row.parts), row.problem) == (2, 10, {""}, "")
    assert row.note == (
        "It is of 5 of the day's 10 labelled rows, drawn at random. 1 slice has no value: who=a: It raised ValueError. "
        "The function's rows lack image, which no table has."
    )
    assert (
        day_row(METRIC, 1, "d", "s", found=DayFound(day="d"), facts=FACTS).problem
        == "The job left no value of this day."
    )
    nothing = day_row(METRIC, 1, "d", "s")
    assert (nothing.problem, nothing.parts, nothing.labelled) == ("", {}, 0)
