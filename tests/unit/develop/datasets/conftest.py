"""A real database with the tables of data, and people of its projects."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.develop.datasets.names import DataNames
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.roles import permissions_of


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


@pytest.fixture
def events(database: Database) -> EventStore:
    return EventStore(database)


@pytest.fixture
def refusals(database: Database, events: EventStore) -> RefusalLog:
    return RefusalLog(database, events)


@pytest.fixture
def subjects() -> Subjects:
    return Subjects()


@pytest.fixture
def names(database: Database, events: EventStore, refusals: RefusalLog, subjects: Subjects) -> DataNames:
    return DataNames(database, events, refusals, subjects, lambda name: name in ("default", "risk"))


def person(role: str, project: str = "risk") -> Actor:
    """A user with one role in one project."""
    grant = Grant(permissions=permissions_of(role), scope=project_scope(project))
    return Actor(id=f"u-{role}-{project}", kind="user", label=f"{role} of {project}", grants=(grant,))


OWNER, VIEWER, STRANGER = person("owner"), person("viewer"), person("owner", "default")
READER = person("validator")
