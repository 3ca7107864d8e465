"""Projects are found by name, and what is not there or archived is refused."""

import pytest

from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, NotFound
from unshelf.foundation.database.engine import Database
from unshelf.manage.projects.lookup import find_open_project, find_project
from unshelf.manage.projects.service import ProjectService

ROOT = actor("admin", id="admin", name="admin")


def test_an_archived_project_is_found_and_is_not_open(database: Database, projects: ProjectService) -> None:
    projects.create(ROOT, "credit")
    with database.read() as session:
        assert find_open_project(session, "credit").name == "credit"
    projects.archive(ROOT, "credit")
    with database.read() as session:
        assert find_project(session, "credit").name == "credit"
        with pytest.raises(Conflict, match="archived"):
            find_open_project(session, "credit")
        with pytest.raises(NotFound):
            find_open_project(session, "other")
