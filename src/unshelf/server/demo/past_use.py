"""Use before today, written into the database of a home folder: for a platform that the demo made, and that shows weeks of it.

The demo calls it by name, in its own process. No route, setting or command leads here: who calls it has the home folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.usage.intake import UsageKey, add_use
from unshelf.manage.usage.prices import PriceService
from unshelf.manage.usage.tables import UsageHourRow, UsageUnsharedRow
from unshelf.manage.usage.usage import AMOUNTS, UsageAmounts
from unshelf.server.backends import load_backend
from unshelf.server.settings import Settings


def add_past_use(home: Path, uses: Sequence[Mapping[str, Any]], *, currency: str) -> bool:
    """Add use to hours that have none yet, at the prices in force now, and have that of versions divided among callers.

    `uses`: of each the fields of UsageKey and UsageAmounts. `currency`: that of the prices. Returns False, and adds nothing, where there
    is use of the first hour already."""
    url = str(
        Settings.model_fields["database"].default
    )  # that of the demo's platform, whatever the variables of this process say
    database: Database = load_backend("database", url)(url, home)
    try:
        with database.transaction() as session:
            first = min((use["hour"] for use in uses), default=0)
            if session.scalar(select(UsageHourRow.id).where(UsageHourRow.hour == first).limit(1)) is not None:
                return False
            prices = PriceService(database, EventStore(database), currency).prices(session)
            for use in uses:
                amounts = UsageAmounts(**{name: use[name] for name in AMOUNTS if name in use})
                add_use(session, UsageKey(**{name: use[name] for name in use if name not in AMOUNTS}), amounts, prices)
            for hour in sorted({use["hour"] for use in uses if use["kind"] == "worker"}):
                session.merge(UsageUnsharedRow(hour=hour))
        return bool(uses)
    finally:
        database.dispose()
