"""Collections as values: which recorded predictions become a version of a dataset, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

CollectionState = Literal["running", "succeeded", "failed"]
COLLECTED_SINCE = "30d"
"""How far back a collection goes for which nobody chose."""
_MOST_NAME = 64


def dataset_for(model: str) -> str:
    """Return the name of the dataset of a model's predictions where nobody chose one."""
    ending = "-seen"
    return f"{model[: _MOST_NAME - len(ending)]}{ending}"


@dataclass(frozen=True, kw_only=True)
class CollectionQuery:
    """The predictions that are wanted: those that were answered, of the purposes `live` and `batch`."""

    since: str = ""
    """`30d` ago, or a moment; relative ones are taken anew when it is collected again. Empty: all that is kept."""
    until: str = ""
    version: int | None = None
    slice: str = ""
    """`COLUMN=VALUE`: those with this value in an input."""
    labels: bool = True
    """Whether only rows whose label is known are wanted, with it."""


@dataclass(frozen=True, kw_only=True)
class Collection:
    """A collection."""

    id: str
    model: str
    project: str
    dataset: str
    number: int | None
    """The version of the dataset; None: there is none (yet)."""
    query: CollectionQuery
    since: datetime | None
    until: datetime
    versions: list[int]
    """The versions whose predictions it has."""
    rows: int | None
    labelled: int | None
    state: CollectionState
    reason: str
    parent: str | None
    created_at: datetime
    created_by: str
    ended_at: datetime | None
