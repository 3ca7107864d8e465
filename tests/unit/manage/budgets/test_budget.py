"""Thresholds of budgets."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.manage.budgets.budget import check_thresholds


def test_thresholds_come_in_order_and_once() -> None:
    assert check_thresholds([100, 50, 100]) == [50, 100]
    assert check_thresholds([]) == []


@pytest.mark.parametrize("thresholds", [[0], [-5], [1001], list(range(1, 12))])
def test_what_is_no_threshold_is_refused(thresholds: list[int]) -> None:
    with pytest.raises(InvalidInput):
        check_thresholds(thresholds)
