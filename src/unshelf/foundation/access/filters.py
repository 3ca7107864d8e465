"""Filters: the models that an actor may see, as a condition that the database checks."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import DEFAULT_PROJECT, Scope, at_least
from unshelf.foundation.access.tables import ModelAccessRow

_Placed = Callable[[InstrumentedAttribute[Any], ColumnElement[bool]], ColumnElement[bool]]
"""Says whether a column names a model whose place meets a condition."""
_WILDCARD = re.compile(r"[*?\[]")
_SPECIAL_IN_SET = re.compile(r"[\]\[\\^-]")


def visible(
    column: InstrumentedAttribute[Any],
    actor: Actor,
    permission: Permission,
    *,
    of_versions: bool = False,
    is_joined: bool = False,
) -> ColumnElement[bool]:
    """Whether a column holds the name of a model that the actor has the permission for; `of_versions`: the reference of a version
    of such a model (`NAME:3`).

    `is_joined`: the query has an outer join of the models' places by that column, so that no list of all visible models is made
    for a query that looks at few."""
    placed = _joined if is_joined else _placed_version if of_versions else _placed
    suffix = ":[0-9]+" if of_versions else ""
    return and_(true(), *(_granted(column, side, placed, suffix) for side in actor.scopes(permission)))


def visible_places(
    model: InstrumentedAttribute[Any],
    project: InstrumentedAttribute[Any],
    actor: Actor,
    of_models: Permission,
    of_projects: Permission,
) -> ColumnElement[bool]:
    """Whether the actor has a permission for what belongs to a model, or, where `model` is null, to a project."""
    by_model = and_(model.is_not(None), visible(model, actor, of_models))
    return or_(by_model, and_(model.is_(None), in_visible_project(project, actor, of_projects)))


def in_visible_project(column: InstrumentedAttribute[Any], actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """Whether a column holds the name of a project that the actor has the permission for."""
    sides: list[ColumnElement[bool]] = []
    for scopes in actor.scopes(permission):
        if not any(scope.kind == "installation" for scope in scopes):
            names = sorted({scope.project for scope in scopes if scope.kind == "project"})
            sides.append(column.in_(names) if names else false())
    return and_(column.is_not(None), *sides)


def _granted(
    column: InstrumentedAttribute[Any], scopes: Sequence[Scope], placed: _Placed, suffix: str
) -> ColumnElement[bool]:
    """Whether one of these scopes covers the model."""
    if any(scope.kind == "installation" for scope in scopes):
        return true()
    by_name = [scope.model for scope in scopes if scope.kind == "model" and _is_anywhere(scope)]
    conditions = [matches(column, by_name, suffix=suffix)] if by_name else []
    projects = sorted({scope.project for scope in scopes if scope.kind == "project"})
    if projects:
        conditions.append(placed(column, ModelAccessRow.project.in_(projects)))
        if DEFAULT_PROJECT in projects:  # of a name that no model ever had
            conditions.append(~placed(column, true()))
    for scope in scopes:
        if scope.kind == "model" and not _is_anywhere(scope):
            place = [
                true() if scope.model == "*" else matches(ModelAccessRow.model, [scope.model]),
                ModelAccessRow.project == scope.project if scope.project else true(),
                ModelAccessRow.visibility.in_(at_least(scope.visibility)),
            ]
            conditions.append(placed(column, and_(*place)))
    return or_(*conditions) if conditions else false()


def _is_anywhere(scope: Scope) -> bool:
    return not scope.project and scope.visibility == "private"


def _placed(column: InstrumentedAttribute[Any], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the column names a model whose place is such."""
    return column.in_(select(ModelAccessRow.model).where(condition))


def _joined(_column: InstrumentedAttribute[Any], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same where the place is joined already: null for a name that no model ever had."""
    return and_(ModelAccessRow.model.is_not(None), condition)


def _placed_version(column: InstrumentedAttribute[Any], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the column refers to a version of such a model."""
    name = ModelAccessRow.model
    begins = func.substr(column, 1, func.length(name) + 1) == name + ":"
    return select(ModelAccessRow.model).where(condition, begins).exists()


def matches(
    column: InstrumentedAttribute[Any], patterns: Sequence[str] | None, *, suffix: str = ""
) -> ColumnElement[bool]:
    """Whether a column holds a name that matches one of the glob patterns, as `fnmatch` would say; None: any name.

    `suffix` is a regular expression of what follows the name in the column, such as `:[0-9]+` in references."""
    if patterns is None:
        return true()
    if not suffix:
        names = [pattern for pattern in patterns if not _WILDCARD.search(pattern)]
        globs = [pattern for pattern in patterns if _WILDCARD.search(pattern)]
    else:
        names, globs = [], list(patterns)
    conditions: list[ColumnElement[bool]] = [column.in_(names)] if names else []
    conditions += [column.regexp_match(f"^{glob_as_regex(glob)}{suffix}$") for glob in globs]
    return or_(*conditions) if conditions else false()


def glob_as_regex(glob: str) -> str:
    """A regular expression that Python's `re` and PostgreSQL read alike."""
    parts, at = [], 0
    while at < len(glob):
        character = glob[at]
        at += 1
        if character == "*":
            parts.append(".*")
        elif character == "?":
            parts.append(".")
        elif character == "[":
            # As fnmatch reads it: a `]` right after the bracket or its `!` is a member, not the end.
            start = at + 1 if glob[at : at + 1] == "!" else at
            end = glob.find("]", start + 1)
            if end < 0:
                parts.append(r"\[")
                continue
            parts.append(_set_as_regex(glob[at:end]))
            at = end + 1
        else:
            parts.append(re.escape(character))
    return "".join(parts)


def _set_as_regex(members: str) -> str:
    negated = members.startswith("!")
    found = "".join(sorted(_members(members[1:] if negated else members)))
    if not found:  # an empty range, such as [z-a], matches nothing
        return "." if negated else "(?!)"
    escaped = _SPECIAL_IN_SET.sub(r"\\\g<0>", found)
    return f"[{'^' if negated else ''}{escaped}]"


def _members(members: str) -> set[str]:
    found: set[str] = set()
    at = 0
    while at < len(members):
        if members[at + 1 : at + 2] == "-" and at + 2 < len(members):
            found.update(map(chr, range(ord(members[at]), ord(members[at + 2]) + 1)))
            at += 3
        else:
            found.add(members[at])
            at += 1
    return found
