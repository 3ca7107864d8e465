"""Actors for tests, with the grants that a role's key has."""

from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import project_scope
from unshelf.manage.access.roles import KeyRole, grants_of, permissions_of


def actor(role: KeyRole = "admin", models: list[str] | None = None, *, id: str = "k1", name: str = "ci") -> Actor:
    """A service account with a role, on these models or on the whole installation."""
    label = name if name == id else f"{name} ({id})"
    return Actor(id=id, kind="service_account", label=label, grants=grants_of(role, models))


def user(id: str, **roles: str) -> Actor:
    """A user with a role in each of these projects, such as `risk="viewer"`."""
    grants = tuple(
        Grant(permissions=permissions_of(role), scope=project_scope(project)) for project, role in roles.items()
    )
    return Actor(id=id, kind="user", label=id, grants=grants)
