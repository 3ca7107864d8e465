"""What a goal lacks follows from its fields, what is tied to it, its latest value and the day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from unshelf.manage.goals.goal import GoalValue, is_reached, missing_of

TODAY = date(2026, 5, 10)
WHOLE: dict[str, Any] = {
    "owner": "u1", "due": date(2026, 5, 10), "metric": "recall", "direction": "at_least", "target": 0.9, "ties": 1,
    "latest": GoalValue(value=0.9, source="test", at=datetime(2026, 5, 1, tzinfo=UTC)), "today": TODAY,
}  # fmt: skip
LESS = GoalValue(value=0.8, source="test", at=datetime(2026, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({}, []),
        ({"owner": None}, ["owner"]),
        ({"metric": ""}, ["target"]),
        ({"target": None}, ["target"]),
        ({"ties": 0}, ["tie"]),
        ({"latest": None}, ["value"]),
        ({"latest": LESS}, ["reached"]),
        ({"latest": LESS, "due": date(2026, 5, 9)}, ["reached", "overdue"]),
        ({"latest": LESS, "direction": "at_most"}, []),
        ({"due": date(2026, 5, 9)}, []),
        ({"due": date(2026, 5, 9), "latest": None}, ["value", "overdue"]),
    ],
)
def test_each_lack_is_named_and_nothing_else(change: dict[str, Any], missing: list[str]) -> None:
    assert missing_of(**{**WHOLE, **change}) == missing


def test_a_value_that_equals_the_target_reaches_it_in_both_directions() -> None:
    assert is_reached(1.0, "at_least", 1.0)
    assert is_reached(1.0, "at_most", 1.0)
    assert not is_reached(1.1, "at_most", 1.0)
