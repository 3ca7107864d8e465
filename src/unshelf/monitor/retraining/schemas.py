"""Collections on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.monitor.retraining.collection import CollectionState


class CollectionRequest(RequestModel):
    """Recorded predictions that become the next version of a dataset."""

    model: str = Field(max_length=64, examples=["churn"])
    """The model."""
    dataset: str = Field(max_length=64, examples=["churn-seen"])
    """The dataset, of the model's project; a new one is made."""
    since: str = Field(default="", max_length=64, examples=["30d"])
    """The beginning: how long ago, or a moment; empty: all that is kept."""
    until: str = Field(default="", max_length=64)
    """The end, likewise; empty: now."""
    version: int | None = None
    """The version that predicted; null: any."""
    slice: str = Field(default="", max_length=400, examples=["plan=pro"])
    """`COLUMN=VALUE`: those with this value in an input."""
    labels: bool = True
    """Whether only rows whose label is known are wanted, with it; false: all, without."""
    key: Annotated[str, Field(min_length=16, max_length=64)] | None = None
    """A random text that names this request: the same one again begins nothing."""


class CollectionQueryView(AnswerModel):
    """The query of a collection."""

    since: str
    """The beginning, as it was asked for."""
    until: str
    """The end, likewise."""
    version: int | None
    """The version; null: any."""
    slice: str
    """The slice; empty: none."""
    labels: bool
    """Whether labels were wanted."""


class CollectionView(AnswerModel):
    """A collection: where a version of a dataset comes from."""

    id: str
    """The id."""
    model: str
    """The model."""
    project: str
    """The project of model and dataset."""
    dataset: str
    """The dataset."""
    number: int | None
    """The version of the dataset; null: there is none."""
    query: CollectionQueryView
    """The predictions that were wanted."""
    since: datetime | None
    """The beginning; null: all that was kept."""
    until: datetime
    """The end."""
    versions: list[int]
    """The versions whose predictions it has."""
    rows: int | None
    """The rows."""
    labelled: int | None
    """The rows with a label."""
    state: CollectionState
    """running, succeeded or failed."""
    reason: str
    """Why it failed."""
    parent: str | None
    """The collection that it is like; null: none."""
    created_at: datetime
    """When it was begun."""
    created_by: str
    """The actor who began it."""
    ended_at: datetime | None
    """When it ended."""


class CollectionList(AnswerModel):
    """Collections, the newest first."""

    collections: list[CollectionView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
