"""A real database with the tables of the manage wing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from tests.support.accounts import password_hash, people_over
from tests.support.actors import actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit.service import AuditService
from unshelf.manage.keys.service import KeysService
from unshelf.manage.users.tables import OneTimeLinkRow, UserRow
from unshelf.server.wiring.people import PeopleParts


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


@pytest.fixture
def audit(database: Database) -> AuditService:
    return AuditService(database, EventStore(database))


@pytest.fixture
def publisher(database: Database, tmp_path: Path) -> Publisher:
    return Publisher(database, tmp_path)


@pytest.fixture
def keys(database: Database, audit: AuditService, publisher: Publisher) -> KeysService:
    return KeysService(database, publisher, audit)


@pytest.fixture
def people(database: Database, publisher: Publisher, audit: AuditService, keys: KeysService) -> PeopleParts:
    """Users, groups, sessions and tokens, wired as in control; `ada` and `grace` are active."""
    parts = people_over(database, publisher, audit, keys)
    for name in ("ada", "grace"):
        parts.users.invite(actor(id="admin", name="admin"), name=name)
    with database.transaction() as session:
        session.execute(update(UserRow).values(status="active", password_hash=password_hash()))
        session.execute(delete(OneTimeLinkRow))
    return parts
