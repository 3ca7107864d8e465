"""Prices of resources beside those of tiers. What was used before a change keeps the price that it had."""

from collections.abc import Callable
from dataclasses import asdict, fields, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.manage.tiers.tables import TierRow
from unshelf.manage.usage.tables import ResourcePriceRow
from unshelf.manage.usage.usage import PriceList, ResourcePrices

RESOURCES = tuple(each.name for each in fields(ResourcePrices))


class PriceService:
    """Keeps the prices of resources, and reads those of tiers."""

    def __init__(self, database: Database, events: EventStore, currency: str) -> None:
        self._database = database
        self._events = events
        self.currency = currency
        self.before_change: Callable[[], object] = lambda: None
        """Called before a price changes, outside of any transaction: to have counted what was used at the old one."""
        self.after_change: Callable[[], object] = lambda: None
        """Called once a price has changed."""

    def list_all(self) -> PriceList:
        """Return all prices in force."""
        with self._database.read() as session:
            return self.prices(session)

    def prices(self, session: Session) -> PriceList:
        """Return all prices in force, in the caller's transaction. Prices of tiers in another currency than the installation's count as
        none: nothing is converted."""
        rows = {row.resource: row.price for row in session.scalars(select(ResourcePriceRow))}
        tiers = session.execute(select(TierRow.name, TierRow.price, TierRow.currency)).all()
        return PriceList(
            currency=self.currency,
            resources=ResourcePrices(**{name: rows.get(name, 0.0) for name in RESOURCES}),
            tiers={
                name: float(price)
                for name, price, currency in tiers
                if price is not None and currency in ("", self.currency)
            },
        )

    def foreign(self) -> list[str]:
        """Return the tiers whose price is in another currency, which costs nothing here."""
        with self._database.read() as session:
            rows = session.execute(select(TierRow.name, TierRow.price, TierRow.currency).order_by(TierRow.name)).all()
        return [name for name, price, currency in rows if price is not None and currency not in ("", self.currency)]

    def set(self, actor: Actor, changes: dict[str, float]) -> PriceList:
        """Change the prices of some resources."""
        actor.must(Permission.QUOTAS_MANAGE)
        self.before_change()
        with self._database.transaction() as session:
            before = self.prices(session).resources
            after = replace(before, **changes)
            for name, price in changes.items():
                row = session.get(ResourcePriceRow, name)
                if row is None:
                    session.add(ResourcePriceRow(resource=name, price=price))
                else:
                    row.price = price
            subject = Subject(kind="prices", name="resources")
            self._events.record(session, actor, "prices.changed", subject, before=asdict(before), after=asdict(after))
            session.flush()
            found = self.prices(session)
        self.after_change()
        return found
