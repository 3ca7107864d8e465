"""The clock knows its zone."""

from datetime import UTC, datetime, timedelta

from unshelf.foundation.clock import now


def test_now_is_utc_and_says_so() -> None:
    before = datetime.now(UTC)
    assert now().utcoffset() == timedelta(0)
    assert before <= now()
