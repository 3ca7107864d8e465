"""Labels on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, Moment, RequestModel
from unshelf.records.labels.label import MOST_LABELS


class LabelRequest(RequestModel):
    """The truth about one prediction."""

    prediction_id: str | None = None
    """The prediction's id, which its answer bore; or `key`."""
    key: str | int | None = None
    """The value of the business key in the request; or `prediction_id`."""
    row: int | None = None
    """The row of the request, from 0. Unless given, the label is true only of a request of one row."""
    value: Any
    """The truth: a text, a number, true or false."""
    at: Moment | None = None
    """When it was observed, with its time zone."""


class LabelsRequest(RequestModel):
    """A batch of labels, which is stored whole or not at all."""

    model: str = Field(max_length=64)
    """The model that predicted."""
    labels: Annotated[list[LabelRequest], Field(max_length=MOST_LABELS)]
    """The labels."""
    source: str = Field(default="", max_length=200)
    """Where they come from, for people."""


class LabelsAddedView(AnswerModel):
    """Numbers of a batch that was stored."""

    accepted: int
    """Labels that were stored, corrections among them."""
    duplicates: int
    """Labels that said what was known already; they are not stored again."""
    corrected: int
    """Labels that replaced an earlier one."""
    waiting: int
    """Accepted labels whose prediction is not found in the archive yet: they are joined once it is."""
    warnings: list[str]
    """Sentences on labels that are odd, and were stored all the same."""


class LabelView(AnswerModel):
    """A label as it was sent."""

    number: int
    """Counts up in the order in which labels were received."""
    prediction_id: str | None
    """The prediction's id; null: it is by key."""
    key: str | None
    """The business key's value; null: it is by prediction."""
    row: int | None
    """The row of the request; null: none was named."""
    value: Any
    """The truth."""
    at: datetime | None
    """When it was observed; null: the sender did not say."""
    received_at: datetime
    """When it was received."""
    received_by: str
    """The sender."""
    source: str
    """Where it comes from, as the sender says."""
    is_latest: bool
    """Whether it counts; false: it was corrected."""
    is_joined: bool
    """Whether its prediction was found in the archive."""
    request_rows: int | None
    """The rows of its request, which has not the row that the label names, so that it counts for nothing; null: it has, or was not
    found yet."""


class LabelPage(AnswerModel):
    """A part of the list of labels."""

    labels: list[LabelView]
    """The labels, those received last first."""
    next_cursor: str | None
    """Where the next part begins; null: this is the last one."""


class LabelSummaryView(AnswerModel):
    """The labels of a model in numbers."""

    model: str
    """The model."""
    labels: int
    """Predictions, rows and keys that have a label."""
    joined: int
    """Labels whose prediction was found in the archive."""
    waiting: int
    """Labels whose prediction was not found yet."""
    strays: int
    """Labels of a row that their request has not, which count for nothing."""
    corrections: int
    """Labels that were replaced by later ones."""
    first_at: datetime | None
    """When the first label was received."""
    last_at: datetime | None
    """When the last one was received."""
