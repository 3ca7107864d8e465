"""Actors for tests, with the grants that a role's key has."""

from unshelf.foundation.access.actors import Actor
from unshelf.manage.access.roles import KeyRole, grants_of


def actor(role: KeyRole = "admin", models: list[str] | None = None, *, id: str = "k1", name: str = "ci") -> Actor:
    """A service account with a role, on these models or on the whole installation."""
    label = name if name == id else f"{name} ({id})"
    return Actor(id=id, kind="service_account", label=label, grants=grants_of(role, models))
