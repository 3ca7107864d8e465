"""Releases on the wire."""

from pydantic import Field

from unshelf.contracts.references import MOST_VERSIONS
from unshelf.deploy.registry.schemas import VersionShare
from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class ReleaseRequest(RequestModel):
    """The share that a version shall get."""

    version: int = Field(ge=1, le=MOST_VERSIONS, examples=[2])
    """The version's number."""
    percent: float = Field(default=100.0, ge=0, le=100, examples=[25])
    """The share. The other versions that are live share the rest in their present proportions."""


class Release(AnswerModel):
    """The live versions of a model."""

    name: str
    """The model."""
    release: list[VersionShare]
    """The live versions with their shares, which sum to 100."""


class Paused(AnswerModel):
    """Whether a model or a version takes predictions."""

    reference: str
    """The model, or the one version."""
    paused: bool
    """Whether its predictions are answered with 503 `paused`."""
