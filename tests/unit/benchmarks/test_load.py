"""Figures of the load are of what was waited for answers, and nothing else."""

import random

import pytest

from benchmarks.load import as_waited, quantile


def corrected(waits: dict[int, int], mean: int) -> dict[int, int]:
    """What wrk makes of waits, upwards, in one pass over its counts."""
    counts = dict(waits)
    for wait in range(2 * mean, max(waits) + 1):
        count = counts.get(wait, 0)
        shorter = wait - mean
        while count and shorter > mean:
            counts[shorter] = counts.get(shorter, 0) + count
            shorter -= mean
    return counts


@pytest.mark.parametrize("mean", [1, 3, 40, 250, 10_000])
@pytest.mark.parametrize("seed", range(2))
def test_what_was_added_is_taken_out(mean: int, seed: int) -> None:
    chance = random.Random(seed)
    waits: dict[int, int] = {}
    for _ in range(300):
        wait = round(chance.lognormvariate(4, 1.2)) + 1
        waits[wait] = waits.get(wait, 0) + chance.randint(1, 3)
    counted = corrected(waits, mean)
    assert mean > 250 or sum(counted.values()) > sum(waits.values()), "nothing was added: the test shows nothing"

    found = as_waited(sorted(counted.items()), mean)
    assert {wait: count for wait, count in found.items() if count} == waits


def test_without_a_mean_nothing_was_added() -> None:
    assert as_waited([(5, 1), (9, 2)], 0) == {5: 1, 9: 2}


def test_quantiles_are_of_the_answers() -> None:
    waits = {10: 50, 20: 49, 25: 0, 30: 1}
    assert [quantile(waits, share) for share in (0.5, 0.51, 0.99, 0.991, 1.0)] == [10, 20, 20, 30, 30]
    assert quantile({}, 0.99) == 0
