"""Base classes of wire shapes: a field's docstring is its description in the OpenAPI document."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from unshelf.foundation.plain_values import fault_in


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
