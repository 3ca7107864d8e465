"""A real database with the tables of the manage wing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.foundation.database import Base, Database
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit.service import AuditService
from unshelf.manage.keys.service import KeysService


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


@pytest.fixture
def audit(database: Database) -> AuditService:
    return AuditService(database)


@pytest.fixture
def keys(database: Database, audit: AuditService, tmp_path: Path) -> KeysService:
    return KeysService(database, Publisher(database, tmp_path), audit)
