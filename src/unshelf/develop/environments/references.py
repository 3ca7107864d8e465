"""References to environments: `NAME`, `NAME:VERSION` or a hash, and who may follow them."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import is_digest
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import InvalidReference, Reference, parse_reference
from unshelf.develop.environments.tables import (
    EnvironmentHoldRow,
    EnvironmentRightRow,
    EnvironmentRow,
    NamedEnvironmentRow,
    NamedVersionRow,
)
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project, visible

GroupsOf = Callable[[Session, str], Sequence[str]]
"""Finds the ids of the groups that a user is in."""
_HASH = re.compile(r"[0-9a-f]{8,64}")
_LIST_HINT = "`unshelf environments list` shows those that you may see."


class NamedVersion(NamedTuple):
    """A version of a named environment."""

    named: NamedEnvironmentRow
    version: NamedVersionRow

    @property
    def reference(self) -> str:
        """Name it for good: `base:3`."""
        return str(Reference(self.named.name, version=self.version.number))


def may_see_name(session: Session, actor: Actor, groups_of: GroupsOf) -> ColumnElement[bool]:
    """Whether the actor may see a named environment that was not deleted: one of a project by a right there; a curated one as
    everybody who may read environments anywhere, or, where it is restricted, by a right of a group or project of theirs."""
    of_project = in_visible_project(NamedEnvironmentRow.project, actor, Permission.ENVIRONMENTS_READ)
    curated: ColumnElement[bool] = false()
    if actor.may(Permission.ENVIRONMENTS_READ):
        curated = true()
    elif actor.may_somewhere(Permission.ENVIRONMENTS_READ):
        curated = or_(
            NamedEnvironmentRow.restricted.is_(False),
            NamedEnvironmentRow.name.in_(select(EnvironmentRightRow.name).where(_is_theirs(session, actor, groups_of))),
        )
    open_to = or_(of_project, and_(NamedEnvironmentRow.project.is_(None), curated))
    return and_(NamedEnvironmentRow.deleted_at.is_(None), open_to)


def _is_theirs(session: Session, actor: Actor, groups_of: GroupsOf) -> ColumnElement[bool]:
    by_project = and_(
        EnvironmentRightRow.holder_kind == "project",
        in_visible_project(EnvironmentRightRow.holder, actor, Permission.ENVIRONMENTS_READ),
    )
    if actor.kind != "user":
        return by_project
    groups = list(groups_of(session, actor.id))
    return or_(by_project, and_(EnvironmentRightRow.holder_kind == "group", EnvironmentRightRow.holder.in_(groups)))


def may_see_hash(session: Session, actor: Actor, groups_of: GroupsOf) -> ColumnElement[bool]:
    """Whether the actor may see an environment by its hash: as the environment of a version, or of a name, that they may see."""
    if actor.may(Permission.ENVIRONMENTS_READ):
        return true()
    of_names = select(NamedVersionRow.environment).join(
        NamedEnvironmentRow, NamedEnvironmentRow.name == NamedVersionRow.name
    )
    return or_(
        EnvironmentRow.hash.in_(used_by_visible(actor)),
        EnvironmentRow.hash.in_(of_names.where(may_see_name(session, actor, groups_of))),
    )


def used_by_visible(actor: Actor) -> Select[str]:
    """Select the environments of versions that the actor may see."""
    return select(EnvironmentHoldRow.environment).where(is_visible_version(actor))


def is_visible_version(actor: Actor) -> ColumnElement[bool]:
    """Whether a hold is that of a version of a model that the actor may see."""
    is_version = EnvironmentHoldRow.holder.not_like("%/%")
    return and_(is_version, visible(EnvironmentHoldRow.holder, actor, Permission.ENVIRONMENTS_READ, of_versions=True))


def find_named(session: Session, actor: Actor, groups_of: GroupsOf, name: str) -> NamedEnvironmentRow | None:
    """Return a named environment that the actor may see; None: there is none, or they may not."""
    query = select(NamedEnvironmentRow).where(NamedEnvironmentRow.name == name)
    return session.scalar(query.where(may_see_name(session, actor, groups_of)))


def find_environment(
    session: Session, actor: Actor, groups_of: GroupsOf, text: str
) -> tuple[EnvironmentRow, NamedVersion | None]:
    """Return what a reference leads to: a name wins over a hash that reads like it. A name without a number leads to the latest
    version that is not deprecated, or the latest where all are. Raises InvalidInput, NotFound."""
    named = None
    if not is_digest(text):
        reference = _parsed(text)
        named = find_named(session, actor, groups_of, reference.name)
    if named is not None:
        version = version_of(session, named, reference.version)
        return session.get_one(EnvironmentRow, version.environment), NamedVersion(named, version)
    if _HASH.fullmatch(text):
        query = select(EnvironmentRow).where(EnvironmentRow.hash.startswith(text))
        rows = session.scalars(query.where(may_see_hash(session, actor, groups_of)).limit(2)).all()
        if len(rows) > 1:
            raise InvalidInput(f"More than one environment begins with {text}.", hint="Give more of its hash.")
        if rows:
            return rows[0], None
    raise _not_found(text)


def _parsed(text: str) -> Reference:
    try:
        reference = parse_reference(text)
    except InvalidReference:
        raise _not_found(text) from None
    if reference.alias is not None:
        raise InvalidInput(
            f"An environment has no aliases: {text[:80]!a} can't be one.", hint="Write NAME, NAME:VERSION or a hash."
        )
    return reference


def version_of(session: Session, named: NamedEnvironmentRow, number: int | None) -> NamedVersionRow:
    """Return a version by its number; None: the one that the name alone leads to. Raises NotFound."""
    if number is not None:
        found = session.get(NamedVersionRow, (named.name, number))
    else:
        newest = select(NamedVersionRow).where(NamedVersionRow.name == named.name)
        newest = newest.order_by(NamedVersionRow.deprecation.is_not(None), NamedVersionRow.number.desc())
        found = session.scalars(newest.limit(1)).first()
    if found is None:
        which = "version yet" if number is None else f"version {number}"
        raise NotFound(
            f"The environment {named.name!r} has no {which}.",
            hint=f"`unshelf environments versions {named.name}` lists them.",
        )
    return found


def must_use(
    session: Session, actor: Actor, groups_of: GroupsOf, named: NamedEnvironmentRow, project: str | None
) -> None:
    """Raise Forbidden unless a named environment that the actor sees may be used in a project (None: wherever they like)."""
    if not named.restricted or actor.may(Permission.ENVIRONMENTS_MANAGE):
        return
    rights = session.scalars(select(EnvironmentRightRow).where(EnvironmentRightRow.name == named.name)).all()
    projects = {right.holder for right in rights if right.holder_kind == "project"}
    groups = {right.holder for right in rights if right.holder_kind == "group"}
    if project is None or project in projects:
        return
    if actor.kind == "user" and groups & set(groups_of(session, actor.id)):
        return
    raise Forbidden(
        f"The environment {named.name!r} is restricted, and not to the project {project!r}.",
        hint="An administrator may open it to the project: `unshelf environments restrict`.",
    )


def _not_found(text: str) -> NotFound:
    return NotFound(f"There is no environment {text[:80]!a}, or you may not see it.", hint=_LIST_HINT)
