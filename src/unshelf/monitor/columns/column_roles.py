"""Roles of a version's columns as a value, and what a role that is missing costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Task = Literal["classification", "regression", "ranking"]
"""The kind of work that a model does, by which measures of its quality are chosen."""
RoleSource = Literal["inferred", "declared", "edited"]
"""Where a role is known from: seen in the version, written in `[monitoring]` of its deploy, or set afterwards."""
ROLES = ("prediction", "scores", "classes", "task", "label", "key", "slices", "time", "query")
"""The roles, as the fields of ColumnRoles."""


@dataclass(frozen=True, kw_only=True)
class MissingRole:
    """A role that no column has."""

    role: str
    cost: str
    """A sentence on what can't be said without it."""
    how: str
    """A sentence on how to add it."""


@dataclass(frozen=True, kw_only=True)
class ColumnRoles:
    """Roles of a version's columns. Inputs and outputs have their names in the signature."""

    prediction: str | None = None
    """The output that is the answer."""
    scores: str | None = None
    """The output with a number for each class, or the method whose numbers are recorded beside the answer."""
    classes: tuple[str, ...] = ()
    """The names of the classes, in the order of the scores."""
    task: Task | None = None
    label: str | None = None
    """The name under which labels come; of a baseline, the column that held the truth."""
    key: str | None = None
    """The input that names the business object, by which labels find their predictions."""
    slices: tuple[str, ...] = ()
    """Inputs of few values, by which records are parted."""
    time: str | None = None
    """The input with the moment that a row is about."""
    query: str | None = None
    """The input that tells which rows of a request are ranked together; None: all of them are."""
    sources: Mapping[str, RoleSource] = field(default_factory=dict)
    """Role → where it is known from; a role without a column has none, unless it was taken away."""
    missing: tuple[MissingRole, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return the roles alone as JSON values."""
        values = {role: getattr(self, role) for role in ROLES}
        return {role: list(value) if isinstance(value, tuple) else value for role, value in values.items()}


def missing_of(roles: ColumnRoles) -> tuple[MissingRole, ...]:
    """Return the roles that no column has, those that cost the most first."""
    found = []
    if roles.prediction is None:
        found.append(
            MissingRole(
                role="prediction",
                cost="Without it no quality can be computed, and drift of outputs covers every output alike.",
                how='Name the output that is the answer: prediction = "NAME" in [monitoring], or set it on this page.',
            )
        )
    if roles.task is None:
        found.append(
            MissingRole(
                role="task",
                cost="Without it nothing says which measures of quality fit: a share of right answers, or a mean error.",
                how="Say whether the model classifies, estimates a number, or ranks.",
            )
        )
    if roles.task == "classification" and roles.scores is None:
        found.append(
            MissingRole(
                role="scores",
                cost="Without them quality can't be estimated before labels arrive, nor calibration be seen.",
                how='Record them beside the answer, which callers never see: scores = "predict_proba" in [monitoring], or '
                'unshelf.deploy(..., scores="predict_proba"). A model that returns them has them in an output: name that one.',
            )
        )
    if roles.label is None:
        found.append(
            MissingRole(
                role="label",
                cost="Without it the truth has no name: labels are taken by prediction id alone.",
                how='Write label = "NAME" in [monitoring], or give the baseline with the column that holds the truth.',
            )
        )
    if roles.key is None:
        found.append(
            MissingRole(
                role="key",
                cost="Without it labels find their predictions by prediction id alone, which callers have to keep.",
                how='Name the input that tells the business object: key = "NAME" in [monitoring].',
            )
        )
    if not roles.slices:
        found.append(
            MissingRole(
                role="slices",
                cost="Without them drift and quality are known for all records together, not by group.",
                how='Name inputs of few values: slices = ["region"] in [monitoring].',
            )
        )
    return tuple(found)
