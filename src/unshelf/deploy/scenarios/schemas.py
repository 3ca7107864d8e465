"""Scenarios on the wire."""

from datetime import datetime
from typing import Any

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class ScenarioRequest(RequestModel):
    """A scenario to save."""

    name: str = Field(min_length=1, max_length=100, pattern=r"\S", examples=["A flat in Gent"])
    """A name for people."""
    note: str | None = Field(default=None, max_length=2_000)
    """A text about it."""
    inputs: dict[str, Any] | list[Any] = Field(examples=[{"size": 80, "city": "Gent"}])
    """A row, as in the body of a prediction."""
    params: dict[str, Any] | None = Field(default=None, examples=[{"top_k": 3}])
    """Values of the version's parameters, by name."""
    shared: bool = False
    """Whether everybody sees it who may call the model."""


class ScenarioChange(RequestModel):
    """A change of a scenario; what is left out stays as it is."""

    name: str | None = Field(default=None, min_length=1, max_length=100, pattern=r"\S")
    """A name for people."""
    note: str | None = Field(default=None, max_length=2_000)
    """A text about it."""
    inputs: dict[str, Any] | list[Any] | None = None
    """A row, as in the body of a prediction."""
    params: dict[str, Any] | None = None
    """Values of the version's parameters, by name."""
    shared: bool | None = None
    """Whether everybody sees it who may call the model."""


class ScenarioDetail(AnswerModel):
    """Named inputs of a model."""

    id: str
    """The id, which sorts by time."""
    model: str
    """The model's name."""
    name: str
    """A name for people."""
    note: str
    """A text about it."""
    inputs: Any
    """A row, as in the body of a prediction."""
    params: dict[str, Any] | None
    """Values of parameters, by name; null: none."""
    shared: bool
    """Whether everybody sees it who may call the model."""
    mine: bool
    """Whether it is the actor's own, to change and to delete."""
    created_at: datetime
    """When it was saved."""
    created_by: str
    """The label of the actor who saved it."""
    changed_at: datetime
    """When it was changed last."""


class ScenarioList(AnswerModel):
    """Scenarios, the oldest first."""

    scenarios: list[ScenarioDetail]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
