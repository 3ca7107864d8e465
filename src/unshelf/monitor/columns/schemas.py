"""Roles of columns on the wire."""

from typing import Annotated

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.monitor.columns.column_roles import RoleSource, Task
from unshelf.monitor.columns.service import MOST_NAMES

_Name = Annotated[str, Field(max_length=200)]


class MissingRoleView(AnswerModel):
    """A role that no column has."""

    role: str
    """The role."""
    cost: str
    """A sentence on what can't be said without it."""
    how: str
    """A sentence on how to add it."""


class ColumnRolesView(AnswerModel):
    """Roles of a version's columns, which monitoring needs."""

    name: str
    """The model."""
    version: int
    """The version."""
    prediction: str | None
    """The output that is the answer."""
    scores: str | None
    """The output with a number for each class, or the method whose numbers are recorded beside the answer."""
    recorded_scores: str | None
    """The method whose scores are recorded beside answers, and sent to no caller; null: none are."""
    classes: list[str]
    """The names of the classes, in the order of the scores."""
    task: Task | None
    """The model's task; null: not known."""
    label: str | None
    """The name under which labels come; of a baseline, the column that held the truth."""
    key: str | None
    """The input that names the business object, by which labels find their predictions."""
    slices: list[str]
    """Inputs of few values, by which records are parted."""
    time: str | None
    """The input with the moment that a row is about."""
    query: str | None
    """The input that tells which rows of a request are ranked together; null: all of them are."""
    sources: dict[str, RoleSource]
    """By role: inferred (seen in the version), declared (written in `[monitoring]` of its deploy), or edited (set since)."""
    missing: list[MissingRoleView]
    """Roles without a column, with what that costs and how to add one."""
    inputs: list[str]
    """The names of the version's inputs."""
    outputs: list[str]
    """The names of its outputs; empty: they are not known."""


class ColumnRolesChange(RequestModel):
    """A change of roles; what is left out stays as it is, and null or an empty list takes a role away."""

    prediction: _Name | None = None
    """The output that is the answer."""
    scores: _Name | None = None
    """The output with a number for each class."""
    classes: Annotated[list[_Name], Field(max_length=MOST_NAMES)] | None = None
    """The names of the classes, in the order of the scores."""
    task: Task | None = None
    """The model's task."""
    label: _Name | None = None
    """The name under which labels come."""
    key: _Name | None = None
    """The input that names the business object."""
    slices: Annotated[list[_Name], Field(max_length=MOST_NAMES)] | None = None
    """Inputs of few values."""
    time: _Name | None = None
    """The input with the moment that a row is about."""
    query: _Name | None = None
    """The input that tells which rows of a request are ranked together."""
    reason: str = Field(default="", max_length=1000)
    """Why, for the log."""
