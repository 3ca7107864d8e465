"""When it is time to tell of an end."""

from datetime import UTC, datetime, timedelta

import pytest

from unshelf.foundation.events.event import Subject
from unshelf.manage.news.endings import Ending, is_due

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "left", "due"),
    [
        (90, 3.0, True),
        (90, 3.1, False),
        (7, 1.5, False),
        (7, 1.3, True),
        (1, 0.25, False),
        (1, 0.1, True),
        (0.5, 0.01, False),
    ],
)
def test_an_end_is_told_three_days_before_or_with_a_fifth_of_the_time_left(
    days: float, left: float, *, due: bool
) -> None:
    end = NOW + timedelta(days=left)
    ending = Ending(
        kind="token", id="t", people=["ana"], what="Your token", subject=Subject(kind="token", name="t"),
        began_at=end - timedelta(days=days), ends_at=end, advice="",
    )  # fmt: skip
    assert is_due(ending, NOW) is due
