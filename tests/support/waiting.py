"""Waiting for something to come true, with a limit after which the test fails."""

import time
from collections.abc import Callable
from typing import Literal, TypeVar

_Value = TypeVar("_Value")
_PAUSE_SECONDS = 0.01


def wait_until(
    condition: Callable[[], _Value | Literal[False] | None], seconds: float = 60.0, *, what: str = "what was waited for"
) -> _Value:
    """Wait until the condition returns something true, and return that; fail the test when it takes longer."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(_PAUSE_SECONDS)
    return value
