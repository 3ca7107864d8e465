"""Rights by groups of an identity provider: the groups and roles here that each of them gives."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope
from unshelf.manage.access.roles import Roles
from unshelf.manage.groups.service import check_group_name
from unshelf.manage.projects.tables import ProjectRow


@dataclass(frozen=True, kw_only=True)
class ProvidedRights:
    """Groups that somebody is in, and roles that they have, by an identity provider."""

    groups: frozenset[str]
    roles: frozenset[tuple[str, Scope]]


class ProviderGroups:
    """The operator's table of what each group of the provider gives."""

    def __init__(self, table: Mapping[str, list[str]], roles: Roles) -> None:
        """`table`: group of the provider → targets. Raises ValueError for a target that can't be."""
        self._rights = {name: _rights(name, targets, roles) for name, targets in table.items()}

    def knows(self, groups: Iterable[str]) -> bool:
        """Whether the table names one of these groups."""
        return any(name in self._rights for name in groups)

    def rights_of(self, groups: Iterable[str]) -> ProvidedRights:
        """Return what these groups of the provider give together; a group that the table does not name gives nothing."""
        found = [self._rights[name] for name in groups if name in self._rights]
        return ProvidedRights(
            groups=frozenset().union(*(each.groups for each in found)),
            roles=frozenset().union(*(each.roles for each in found)),
        )


def existing(
    session: Session, roles: Iterable[tuple[str, Scope]], has_model: Callable[[Session, str], bool]
) -> tuple[list[tuple[str, Scope]], list[str]]:
    """Return the roles whose project or model there is, and the others as texts.

    A role on a name that nothing has yet would be a role on whatever gets that name."""
    found: list[tuple[str, Scope]] = []
    missing: list[str] = []
    for role, scope in sorted(roles, key=lambda each: (each[0], str(each[1]))):
        if (scope.kind == "project" and session.get(ProjectRow, scope.project) is None) or (
            scope.kind == "model" and not has_model(session, scope.model)
        ):
            missing.append(f"{role} on {scope}")
        elif scope.kind == "model":
            found.append((role, scope_of(session, scope.model)))
        else:
            found.append((role, scope))
    return found, missing


def _rights(group: str, targets: list[str], roles: Roles) -> ProvidedRights:
    groups: set[str] = set()
    given: set[tuple[str, Scope]] = set()
    for target in targets:
        try:
            kind, _, name = target.partition(":")
            if kind == "group":
                check_group_name(name)
                groups.add(name)
            elif kind == "role":
                given.add(_role(name, roles))
            else:
                raise InvalidInput("It begins with `group:` or `role:`.")
        except InvalidInput as error:
            raise ValueError(
                f"the group {group[:80]!r} can't give {target[:120]!r}: {error.detail} {error.hint}".strip()
            ) from None
    return ProvidedRights(groups=frozenset(groups), roles=frozenset(given))


def _role(text: str, roles: Roles) -> tuple[str, Scope]:
    name, at, where = text.partition("@")
    kind, _, of = where.partition(":")
    if at and (kind not in ("project", "model") or not of):
        raise InvalidInput("After `@` stands `project:NAME` or `model:NAME`.")
    role = roles.find(name)
    scope = INSTALLATION if not at else project_scope(of) if kind == "project" else model_scope(of)
    if scope.kind not in role.kinds:
        raise InvalidInput(f"The role {role.name} can't be granted on {scope}.")
    return role.name, scope
