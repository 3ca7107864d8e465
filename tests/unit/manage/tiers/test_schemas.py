"""A tier on the wire: its hardware and price, and how busy it is with jobs where that is known."""

from decimal import Decimal

from unshelf.contracts.tiers import TIERS
from unshelf.manage.tiers.schemas import tier_view
from unshelf.manage.tiers.tier import OfferedTier, TierQueue

TIER = OfferedTier(name="small", hardware=TIERS["small"], price=Decimal("0.4"), currency="EUR", restricted=True)


def test_a_tier_says_how_many_jobs_could_start_and_how_many_wait() -> None:
    shown = tier_view(TIER, may_use=False, queue=TierQueue(free=2, waiting=3))
    assert (shown.name, shown.cpu, shown.price, shown.currency) == ("small", 1.0, 0.4, "EUR")
    assert (shown.free, shown.waiting, shown.restricted, shown.may_use) == (2, 3, True, False)


def test_where_nothing_runs_jobs_it_is_not_known() -> None:
    assert (tier_view(TIER, may_use=True, queue=None).free, tier_view(TIER, may_use=True, queue=None).waiting) == (
        None,
        0,
    )
    assert tier_view(TIER, may_use=True, queue=TierQueue(free=None, waiting=1)).waiting == 1
