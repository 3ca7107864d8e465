"""Base classes of wire shapes: a field's docstring is its description in the OpenAPI document."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, model_validator

from unshelf.foundation.plain_values import fault_in

_FIRST_YEAR, _LAST_YEAR = 1900, 2999


def in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC. Raises ValueError for one whose year is so far away that time can't be added to it or taken from it."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"the year of a moment is from {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]
"""A moment that a caller names, with its time zone."""


class AnswerModel(BaseModel):
    """A shape that the API sends."""

    model_config = ConfigDict(from_attributes=True)


class RequestModel(BaseModel):
    """A shape that the API takes. A field that is not known is an error."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_what_nothing_holds(cls, value: Any) -> Any:
        fault = fault_in(value)
        if fault:
            raise ValueError(fault)
        return value
