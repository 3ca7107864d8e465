"""Keys on the wire."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from unshelf.manage.access import Role
from unshelf.manage.limits import Limits

_TEN_YEARS = 10 * 366 * 86_400


class KeyRequest(BaseModel):
    """What a new key shall be."""

    model_config = ConfigDict(extra="forbid")

    name: str
    """For people: what it is used for."""
    role: Role = "predict"
    models: list[str] | None = Field(default=None, max_length=100)
    """Glob patterns of model names; null: every model."""
    expires_in_seconds: float | None = Field(default=None, gt=0, le=_TEN_YEARS)
    limits: Limits | None = None
    """How much may be asked with it; null: as much as one likes."""


class Key(BaseModel):
    """A key, without its token."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    role: str
    models: list[str] | None
    expires_at: datetime | None
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    limits: Limits | None


class KeyCreated(BaseModel):
    """A new key with its token, which is shown this once."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    role: str
    models: list[str] | None
    expires_at: datetime | None
    limits: Limits | None
    token: str


class KeyList(BaseModel):
    """All keys, oldest first."""

    keys: list[Key]


class Caller(BaseModel):
    """Who the token of this very request belongs to."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    role: str
    models: list[str] | None
