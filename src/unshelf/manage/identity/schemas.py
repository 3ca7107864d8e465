"""The actor of a request on the wire."""

from unshelf.foundation.access.actors import ActorKind
from unshelf.foundation.web.schemas import AnswerModel


class IdentityRole(AnswerModel):
    """A role that a user has somewhere, by themselves or by a group."""

    role: str
    """The role's name."""
    scope_kind: str
    """installation, project or model."""
    scope: str
    """The project's or the model's name; empty for the installation."""
    group: str | None
    """The group that has it; null: the user."""


class Identity(AnswerModel):
    """The actor that the token or the session of this request belongs to."""

    id: str
    """The id of the user, or of the key."""
    name: str
    """The login name of the user, or the name of the key."""
    kind: ActorKind
    """The kind of actor: a user, or a service account, which holds a key."""
    role: str
    """The role of a key, as it was asked for. Empty for users, whose roles are in `roles`."""
    project: str | None
    """The project whose models a key is good for; null: of any."""
    models: list[str] | None
    """Glob patterns of the model names that a key is good for; null: every model."""
    permissions: list[str]
    """All that this token allows, anywhere at all."""
    full_name: str
    """The name of a user for people; else empty."""
    groups: list[str]
    """The groups that the user is in, by name."""
    roles: list[IdentityRole]
    """The roles of the user, their groups' too."""
