"""Scopes of models: the project that each belongs to, and who may see it."""

from collections.abc import Iterable
from typing import cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.access.scopes import Scope, Visibility, model_scope
from unshelf.foundation.access.tables import ModelAccessRow
from unshelf.foundation.database.engine import Database

_NAMES_A_QUERY = 500


def scopes_among(session: Session, names: Iterable[str]) -> dict[str, Scope]:
    """Return the scopes of those of the names that models have or had."""
    wanted = list(names)
    found: dict[str, Scope] = {}
    for start in range(0, len(wanted), _NAMES_A_QUERY):
        some = wanted[start : start + _NAMES_A_QUERY]
        rows = session.scalars(select(ModelAccessRow).where(ModelAccessRow.model.in_(some)))
        found |= {row.model: _scope_of(row) for row in rows}
    return found


def scope_of(session: Session, name: str) -> Scope:
    """Return the scope of a model. A name that no model ever had lies in the project `default`, and is private."""
    return scopes_among(session, [name]).get(name) or model_scope(name)


def models_in(project: str) -> Select[str]:
    """Select the names that models of a project have or had."""
    return select(ModelAccessRow.model).where(ModelAccessRow.project == project)


def place_model(session: Session, name: str, project: str, visibility: Visibility = "private") -> None:
    """Put a model into a project, in the transaction of the change."""
    row = session.get(ModelAccessRow, name)
    if row is None:
        session.add(ModelAccessRow(model=name, project=project, visibility=visibility))
    else:
        row.project, row.visibility = project, visibility


class ModelScopes:
    """Finds the scopes of models for what has no session of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, name: str) -> Scope:
        """Return the scope of a model, as `scope_of`."""
        with self._database.read() as session:
            return scope_of(session, name)

    def knows(self, name: str) -> bool:
        """Whether a model has or had this name."""
        with self._database.read() as session:
            return name in scopes_among(session, [name])

    def patterns(self, actor: Actor, permission: Permission) -> tuple[str, ...] | None:
        """Return glob patterns of the models that the actor has the permission for; None: every model, also the unknown.

        For what no database can filter, such as records. Models of projects are named one by one."""
        sides = actor.scopes(permission)
        if all(any(scope.kind == "installation" for scope in side) for side in sides):
            return None
        if len(sides) == 1 and all(_is_by_name(scope) for scope in sides[0]):
            return tuple(scope.model for scope in sides[0])
        with self._database.read() as session:
            query = select(ModelAccessRow.model).where(visible(ModelAccessRow.model, actor, permission))
            return tuple(session.scalars(query.order_by(ModelAccessRow.model)))


def _is_by_name(scope: Scope) -> bool:
    return scope.kind == "model" and not scope.project and scope.visibility == "private"


def _scope_of(row: ModelAccessRow) -> Scope:
    return model_scope(row.model, project=row.project, visibility=cast(Visibility, row.visibility))
