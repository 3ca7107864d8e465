"""Keys on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.access.roles import KeyRole
from unshelf.manage.limits import Limits

_TEN_YEARS = 10 * 366 * 86_400


class KeyRequest(RequestModel):
    """A key to create."""

    name: str = Field(examples=["reception"])
    """For people: what it is used for. 1 to 100 printable characters."""
    role: KeyRole = "predict"
    """The role: caller or predict (call models), contributor or deploy (also put them there, release, watch and remove them),
    administrator or admin (everything)."""
    project: str | None = Field(default=None, max_length=64, examples=["risk"])
    """The project whose models it is good for; null: of any project, which takes a role in the whole installation."""
    models: list[str] | None = Field(default=None, max_length=100, examples=[["credit-*"]])
    """Glob patterns of model names; null: every model."""
    expires_in_seconds: float | None = Field(default=None, gt=0, le=_TEN_YEARS, examples=[7_776_000])
    """How long it is good for; null: until it is revoked."""
    limits: Limits | None = None
    """How much may be asked with it; null: no limit."""


class Key(AnswerModel):
    """A key, without its token."""

    id: str
    """The id, under which records and events name it too."""
    name: str
    """For people: what it is used for."""
    role: str
    """As it was asked for."""
    project: str | None
    """The project whose models it is good for; null: of any."""
    models: list[str] | None
    """Glob patterns of model names; null: every model."""
    expires_at: datetime | None
    """Null: it does not expire."""
    created_at: datetime
    """When it was created."""
    created_by: str
    """The label of the actor who created it."""
    revoked_at: datetime | None
    """Null: it was not revoked."""
    limits: Limits | None
    """How much may be asked with it; null: no limit."""


class KeyCreated(AnswerModel):
    """A new key with its token, which is shown this once."""

    id: str
    """The id, by which it is revoked."""
    name: str
    """As it was asked for."""
    role: str
    """As it was asked for."""
    project: str | None
    """The project whose models it is good for; null: of any."""
    models: list[str] | None
    """Glob patterns of model names; null: every model."""
    expires_at: datetime | None
    """Null: it does not expire."""
    limits: Limits | None
    """How much may be asked with it; null: no limit."""
    token: str
    """The secret half of the key: send it as `Authorization: Bearer TOKEN`. It is stored nowhere."""


class KeyList(AnswerModel):
    """Keys, oldest first."""

    keys: list[Key]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
