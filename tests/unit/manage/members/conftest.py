"""Members of projects over a real database."""

from pathlib import Path

import pytest

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.roles import Roles
from unshelf.manage.access.service import AccessService
from unshelf.manage.projects.service import ProjectService


@pytest.fixture
def access(database: Database, publisher: Publisher) -> AccessService:
    return AccessService(database, EventStore(database), publisher, Roles())


@pytest.fixture
def projects(database: Database, publisher: Publisher, access: AccessService, tmp_path: Path) -> ProjectService:
    return ProjectService(database, EventStore(database), publisher, access)
