"""Secrets on the wire. Values come in, and never go out."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class SecretRequest(RequestModel):
    """A value to keep."""

    value: str = Field(examples=["a value that nobody sees again"])
    """The value: 1 byte to 32 KiB in UTF-8, without NUL."""


class SecretSummary(AnswerModel):
    """A secret, without its value."""

    model: str | None
    """The model whose programs get it; null: those of all models of the project."""
    project: str | None
    """The project whose models' programs get it, where a model has none of its own of that name; null: it belongs to the model."""
    name: str
    """The environment variable that its value becomes."""
    set_at: datetime
    """When the value was set last."""
    set_by: str
    """The label of the actor who set it."""
    readable: bool
    """Whether the server can still read it; false: the key file that it was encrypted with is lost, and it has to be set again."""

    source: str
    """Where the operator keeps the value: a file, or a variable of the server; empty: it was set by somebody, and is kept encrypted."""


class SecretSet(SecretSummary):
    """A secret that was just set."""

    replicas: int
    """The running workers that have the old value; each is replaced by one that has the new value."""


class SecretList(AnswerModel):
    """Secrets: those of models first, by model or project and name."""

    secrets: list[SecretSummary]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
