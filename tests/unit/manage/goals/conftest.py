"""Goals of the project credit, over a real database."""

import pytest

from tests.support.actors import actor
from tests.support.people import NamedHolders
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.roles import Roles
from unshelf.manage.access.service import AccessService
from unshelf.manage.goals.service import GoalService
from unshelf.manage.projects.service import ProjectService


@pytest.fixture
def access(database: Database, publisher: Publisher) -> AccessService:
    return AccessService(database, EventStore(database), publisher, Roles())


@pytest.fixture
def goals(database: Database, publisher: Publisher, access: AccessService) -> GoalService:
    root = actor("admin", id="admin", name="admin")
    projects = ProjectService(database, EventStore(database), publisher, access)
    projects.create(root, "credit")
    projects.create(root, "fraud")
    holders = Holders()
    holders.register("user", NamedHolders("ana", "ben"))
    return GoalService(database, EventStore(database), holders)
