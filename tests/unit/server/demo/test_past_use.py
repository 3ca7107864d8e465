"""Use before today in a home folder: priced as prices are now, once, and divided among callers later."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.actors import actor
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.events.store import EventStore
from unshelf.manage.usage.prices import PriceService
from unshelf.manage.usage.tables import UsageHourRow, UsageUnsharedRow
from unshelf.server.demo.past_use import add_past_use

USES: list[dict[str, Any]] = [
    {"hour": 10, "kind": "worker", "project": "risk", "model": "credit", "version": 1, "tier": "small", "cpu_seconds": 7200.0},
    {"hour": 11, "kind": "platform", "name": "host", "cpu_seconds": 3600.0},
]  # fmt: skip


def test_use_is_added_once_at_the_prices_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSHELF_DATABASE", "sqlite:////nowhere/else.db")
    database = SqliteDatabase("sqlite:///unshelf.db", tmp_path)
    migrate(database)
    PriceService(database, EventStore(database), "EUR").set(actor(), {"cpu_hour": 0.5})
    assert add_past_use(tmp_path, USES, currency="EUR") is True
    assert add_past_use(tmp_path, USES, currency="EUR") is False
    with database.read() as session:
        found = session.execute(
            select(UsageHourRow.kind, UsageHourRow.cpu_seconds, UsageHourRow.cost).order_by(UsageHourRow.hour)
        ).all()
        assert [tuple(row) for row in found] == [("worker", 7200.0, 1.0), ("platform", 3600.0, 0.5)]
        assert list(session.scalars(select(UsageUnsharedRow.hour))) == [10]
    database.dispose()


def test_nothing_is_nothing(tmp_path: Path) -> None:
    database = SqliteDatabase("sqlite:///unshelf.db", tmp_path)
    migrate(database)
    database.dispose()
    assert add_past_use(tmp_path, [], currency="") is False
