"""Routes that are open to everybody are limited by network, and one who asks too often keeps nobody else out."""

import pytest

from unshelf.contracts.errors import TooManyRequests
from unshelf.foundation.web import open_limiter
from unshelf.foundation.web.open_limiter import OpenLimiter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_network_that_asks_too_often_waits_and_no_other() -> None:
    clock = Clock()
    limiter = OpenLimiter(rate=2, burst=5, clock=clock)
    for _ in range(5):
        limiter.admit("10.0.0.7")
    with pytest.raises(TooManyRequests) as caught:
        limiter.admit("10.0.0.7")
    assert caught.value.retry_after == 1
    limiter.admit("2001:db8::/64")
    clock.now += 1
    limiter.admit("10.0.0.7")


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_limiter, "_MOST_NETWORKS", 3)
    limiter = OpenLimiter(rate=1, burst=1, clock=Clock())
    for number in range(9):
        limiter.admit(str(number))
    with pytest.raises(TooManyRequests):
        limiter.admit("8")
    limiter.admit("0")
