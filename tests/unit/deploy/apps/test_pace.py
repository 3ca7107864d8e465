"""Pace: a minute's answers at once, then as fast as they fill up."""

import pytest

from unshelf.contracts.errors import TooManyRequests
from unshelf.deploy.apps.pace import TokenPace


def test_each_token_has_a_pace_of_its_own() -> None:
    moment = 0.0
    pace = TokenPace(lambda: moment)
    for _ in range(3):
        pace.take("one", 3)
    with pytest.raises(TooManyRequests) as caught:
        pace.take("one", 3)
    assert caught.value.retry_after == pytest.approx(20)
    pace.take("other", 3)
    moment = 20.5
    pace.take("one", 3)
    with pytest.raises(TooManyRequests):
        pace.take("one", 3)
    moment = 10_000
    for _ in range(3):
        pace.take("one", 3)
    with pytest.raises(TooManyRequests):
        pace.take("one", 3)
