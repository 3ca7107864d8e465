"""Models, versions and aliases on the wire."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from unshelf.manage.limits import Limits


class Share(BaseModel):
    """A version's part of the traffic that comes by the model's name."""

    version: int
    percent: float


class Model(BaseModel):
    """A model in a list."""

    name: str
    versions: list[int]
    aliases: dict[str, int]
    release: list[Share]
    """Empty: no version is live."""
    paused: bool
    created_at: datetime
    latest: int
    """The highest version."""


class Models(BaseModel):
    """The models that the key is good for, by name."""

    models: list[Model]


class VersionSummary(BaseModel):
    """A version in its model's list."""

    version: int
    created_at: datetime
    by: str
    live_percent: float
    paused: bool


class Package(BaseModel):
    """A package of the version's environment."""

    name: str
    version: str


class VersionDetail(BaseModel):
    """All there is to know about a version."""

    version: int
    digest: str
    created_at: datetime
    by: str
    loader: dict[str, Any]
    environment: str
    python: str
    packages: list[Package]
    signature: dict[str, Any]
    checks: dict[str, Any]
    contains_code: bool
    code: dict[str, Any]
    files: list[dict[str, Any]]
    description: str
    paused: bool
    replicas: list[dict[str, Any]]
    """The worker processes that hold it now; empty also when the host does not answer."""
    batching: dict[str, Any]
    """`max_rows`, `max_bytes`, `wait` in seconds: what is predicted together, where the check allows it."""


class ModelDetail(BaseModel):
    """A model, its versions, and the one that the reference names."""

    name: str
    aliases: dict[str, int]
    release: list[Share]
    paused: bool
    versions: list[VersionSummary]
    version: VersionDetail
    limits: Limits | None


class AliasRequest(BaseModel):
    """Where an alias shall point."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)


class Aliases(BaseModel):
    """The aliases of a model."""

    aliases: dict[str, int]
