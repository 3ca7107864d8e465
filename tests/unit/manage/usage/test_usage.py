"""Amounts, months, prices and lines: whatever is grouped, together it stays the same."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unshelf.contracts.errors import InvalidInput
from unshelf.manage.usage.usage import (
    AMOUNTS,
    Grouping,
    PriceList,
    ResourcePrices,
    UsageAmounts,
    Use,
    lines_of,
    month_of,
    parse_month,
    total_of,
)

GROUPINGS: tuple[Grouping, ...] = ("project", "person", "model", "version", "key", "job", "tier", "what")
NAMES = st.sampled_from(["", "a", "b"])
USES = st.lists(
    st.builds(
        Use, what=st.sampled_from(["jobs", "builds", "disk"]), is_billed=st.booleans(), project=NAMES, model=NAMES,
        version=st.integers(0, 2), job=NAMES, tier=NAMES, person=NAMES, key=NAMES,
        amounts=st.builds(UsageAmounts, **dict.fromkeys(AMOUNTS, st.integers(0, 10**6))),
    )
)  # fmt: skip


@given(USES, st.sampled_from(GROUPINGS))
def test_the_lines_of_any_report_have_all_that_was_used(uses: list[Use], by: Grouping) -> None:
    lines = lines_of(uses, by)
    assert total_of(line.amounts for line in lines) == total_of(use.amounts for use in uses)
    billed = total_of(use.amounts for use in uses if use.is_billed)
    assert total_of(line.amounts for line in lines if line.is_billed) == billed
    assert len({(line.is_billed, line.name, line.what) for line in lines}) == len(lines)


def test_a_month_is_one_of_utc() -> None:
    month = parse_month("2026-12")
    assert (month.begin, month.end) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert len(month.hours) == 31 * 24
    assert str(month_of(datetime.fromisoformat("2026-12-01T00:30:00+01:00"))) == "2026-11"


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "26-11", "2026-1x", "9999-12", "２０２６-11", "2026-11-01"]
)
def test_what_is_no_month_is_said(text: str) -> None:
    with pytest.raises(InvalidInput, match="no month"):
        parse_month(text)


def test_a_tier_with_a_price_costs_by_the_hour_held_and_everything_else_by_what_it_used() -> None:
    resources = ResourcePrices(cpu_hour=1.0, memory_gib_hour=0.1, gpu_hour=5.0, disk_gib_month=0.73)
    prices = PriceList(currency="EUR", resources=resources, tiers={"large": 0.4})
    amounts = UsageAmounts(cpu_seconds=7200, held_seconds=3600, memory_gib_seconds=36_000, gpu_seconds=360)
    assert prices.cost(amounts, "large") == pytest.approx(0.4)
    assert prices.cost(amounts, "small") == pytest.approx(2 + 1 + 0.5)
    assert prices.cost(UsageAmounts(disk_gib_hours=1000)) == pytest.approx(1.0)
