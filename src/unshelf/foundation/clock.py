"""The clock: one place that says what time it is, always in UTC and aware of it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)
