"""Values of predictions on the wire."""

from typing import Annotated

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel

MOST_CELLS = 2500
_Name = Annotated[str, Field(max_length=1000)]


class ValueCellRequest(RequestModel):
    """The value of one prediction with this truth and this answer."""

    truth: _Name
    """The truth."""
    answer: _Name
    """The answer."""
    value: float
    """The value; negative: it costs."""


class ValueRuleRequest(RequestModel):
    """The values of a model's predictions."""

    unit: str = Field(min_length=1, max_length=40)
    """The unit, such as EUR."""
    cells: list[ValueCellRequest] = Field(default=[], max_length=MOST_CELLS)
    """Values by truth and answer, of a classification; pairs that are left out are worth nothing."""
    over: float = 0.0
    """The value of one unit of error above the truth, of a regression."""
    under: float = 0.0
    """The same below it."""
    reason: str = Field(default="", max_length=1000)
    """Why, for the log."""


class ValueCellView(AnswerModel):
    """The value of one prediction with this truth and this answer."""

    truth: str
    """The truth."""
    answer: str
    """The answer."""
    value: float
    """The value; negative: it costs."""


class ValueRuleView(AnswerModel):
    """The values of a model's predictions."""

    unit: str
    """The unit, such as EUR."""
    cells: list[ValueCellView]
    """Values by truth and answer, of a classification; pairs that are left out are worth nothing."""
    over: float
    """The value of one unit of error above the truth, of a regression."""
    under: float
    """The same below it."""
