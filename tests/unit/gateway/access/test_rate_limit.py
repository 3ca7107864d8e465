"""Rates and their parts, by a clock of the test."""

import pytest

from unshelf.contracts.routing import RequestLimits
from unshelf.gateway.access import rate_limit as module
from unshelf.gateway.access.rate_limit import Limiter, part_of
from unshelf.gateway.errors import ProblemError


@pytest.mark.parametrize(("whole", "gateways", "parts"), [(10, 4, [3, 3, 2, 2]), (8, 2, [4, 4]), (1, 3, [1, 1, 1])])
def test_the_parts_of_a_number_add_up(whole: int, gateways: int, parts: list[int]) -> None:
    assert [part_of(whole, gateway, gateways) for gateway in range(gateways)] == parts


def test_in_the_long_run_the_rate_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given 50 a second, when 1,000 a second ask for 10 seconds, then 500 are let in, and the first second's worth."""
    clock = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    limiter = Limiter(RequestLimits(rate=50), 0, 1)
    let_in = 0
    for _ in range(10_000):
        clock[0] += 0.001
        try:
            limiter.enter("the key 'x'")
        except ProblemError:
            continue
        limiter.leave()
        let_in += 1

    assert 548 <= let_in <= 551
