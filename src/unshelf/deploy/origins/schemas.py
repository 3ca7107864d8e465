"""Allowed origins of models on the wire."""

from pydantic import Field

from unshelf.deploy.origins.service import MOST_ORIGINS
from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class AllowedOrigins(AnswerModel):
    """The web pages that may call a model."""

    name: str
    """The name of the model."""
    origins: list[str]
    """The origins of their addresses: scheme, host, and the port where it is not the scheme's own; by name."""


class OriginChange(RequestModel):
    """A change of the web pages that may call a model; what is left out stays as it is."""

    allow: list[str] = Field(default=[], max_length=MOST_ORIGINS, examples=[["https://app.example.org"]])
    """Origins to allow. There are no patterns."""
    remove: list[str] = Field(default=[], max_length=MOST_ORIGINS)
    """Origins to take away; those that are not allowed are passed over."""
    reason: str = Field(default="", max_length=1000)
    """Why, for the log."""
