"""Prices of resources, and those of tiers that count."""

from decimal import Decimal

import pytest

from tests.support.actors import actor
from unshelf.contracts.errors import Forbidden
from unshelf.foundation.database.engine import Database
from unshelf.manage.tiers.tables import TierRow
from unshelf.manage.usage.prices import PriceService


def test_prices_stay_as_they_are_until_they_are_changed(prices: PriceService) -> None:
    changed: list[str] = []
    prices.before_change, prices.after_change = lambda: changed.append("before"), lambda: changed.append("after")
    prices.set(actor("admin"), {"cpu_hour": 0.05})
    found = prices.set(actor("admin"), {"gpu_hour": 2.0}).resources
    assert (found.cpu_hour, found.gpu_hour, found.disk_gib_month) == (0.05, 2.0, 0.0)
    assert changed == ["before", "after"] * 2
    with pytest.raises(Forbidden):
        prices.set(actor("deploy"), {"cpu_hour": 0.0})


def test_a_price_in_another_currency_counts_as_none(database: Database, prices: PriceService) -> None:
    with database.transaction() as session:
        session.add(TierRow(name="large", price=Decimal("0.4"), currency="EUR", restricted=False))
        session.add(TierRow(name="gpu", price=Decimal(3), currency="USD", restricted=False))
        session.add(TierRow(name="small", price=None, currency="", restricted=True))
    assert prices.list_all().tiers == {"large": 0.4}
    assert prices.foreign() == ["gpu"]
