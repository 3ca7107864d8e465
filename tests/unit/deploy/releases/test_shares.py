"""The arithmetic of shares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.routing import Share
from unshelf.deploy.releases.shares import with_share


def shares(**percents: float) -> list[Share]:
    return [Share(version=int(name.removeprefix("v")), percent=percent) for name, percent in percents.items()]


def test_a_version_with_all_the_traffic_leaves_nothing_for_others() -> None:
    assert with_share(shares(v1=60, v2=40), 3, 100) == shares(v3=100)


def test_the_others_keep_their_proportions_when_one_gets_a_part() -> None:
    assert with_share(shares(v1=75, v2=25), 3, 20) == shares(v1=60, v2=20, v3=20)


def test_giving_a_live_version_another_share_scales_the_others_only() -> None:
    assert with_share(shares(v1=60, v2=20, v3=20), 3, 60) == shares(v1=30, v2=10, v3=60)


def test_a_share_of_nothing_takes_the_version_out() -> None:
    assert with_share(shares(v1=50, v2=50), 2, 0) == shares(v1=100)


def test_what_rounding_leaves_over_goes_to_the_largest_of_the_others() -> None:
    assert with_share(shares(v1=33.34, v2=33.33, v3=33.33), 4, 10) == shares(v1=30.02, v2=29.99, v3=29.99, v4=10)


@pytest.mark.parametrize("live", [[], [Share(version=1, percent=100)]])
def test_a_part_needs_somebody_else_to_take_the_rest(live: list[Share]) -> None:
    with pytest.raises(Conflict, match="No other version is live to take the other 70 %"):
        with_share(live, 1, 30)


@pytest.mark.parametrize("percent", [-1, 100.5, float("nan")])
def test_a_percentage_that_can_not_be_is_refused(percent: float) -> None:
    with pytest.raises(InvalidInput):
        with_share(shares(v1=100), 2, percent)


@given(changes=st.lists(st.tuples(st.integers(2, 6), st.floats(0, 100)), max_size=12))
def test_shares_always_sum_to_a_hundred_and_are_never_negative(changes: list[tuple[int, float]]) -> None:
    live = shares(v1=100)
    for version, percent in changes:
        try:
            live = with_share(live, version, percent)
        except Conflict:
            continue
        assert round(sum(share.percent for share in live), 6) == 100
        assert all(share.percent > 0 for share in live)
