"""Releases on the wire."""

from pydantic import BaseModel, ConfigDict, Field

from unshelf.deploy.registry.schemas import Share


class ReleaseRequest(BaseModel):
    """The share that a version shall get."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)
    percent: float = Field(default=100.0, ge=0, le=100)
    """The other versions that are live share the rest in their present proportions."""


class Release(BaseModel):
    """What is live."""

    name: str
    release: list[Share]


class Paused(BaseModel):
    """Whether a model or a version takes predictions."""

    reference: str
    paused: bool
