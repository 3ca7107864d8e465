"""A real database with the tables of alerts, and a world of alerts with people who hear of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.alerting import AlertWorld, alert_world
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.monitor.alerts.service import AlertService


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[AlertService]:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/alerts.db")
    Base.metadata.create_all(database.engine)
    yield AlertService(database, EventStore(database), Subjects())
    database.dispose()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AlertWorld]:
    with alert_world(tmp_path) as made:
        yield made
