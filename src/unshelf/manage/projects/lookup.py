"""Finds the rows of projects, within a session."""

from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict
from unshelf.foundation.access.actors import unseen
from unshelf.foundation.access.scopes import project_scope
from unshelf.manage.projects.tables import ProjectRow


def find_project(session: Session, name: str) -> ProjectRow:
    """Return the project. Raises NotFound."""
    row = session.get(ProjectRow, name)
    if row is None:
        raise unseen(project_scope(name))
    return row


def find_open_project(session: Session, name: str) -> ProjectRow:
    """Return the project. Raises NotFound, and Conflict for one that is archived."""
    row = find_project(session, name)
    if row.archived_at is not None:
        raise Conflict(f"The project {name!r} is archived.", hint="An owner of it may restore it.")
    return row
