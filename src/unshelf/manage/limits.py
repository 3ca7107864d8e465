"""Limits for callers: how much may be asked by a key, or of a model, as it is written on the wire and in the database."""

from typing import Any, Self

from pydantic import Field, model_validator

from unshelf.foundation.web.schemas import RequestModel

_MOST_A_SECOND = 1e6
_MOST_AT_ONCE = 1_000_000


class Limits(RequestModel):
    """At least one limit; what is left out is not limited."""

    rate: float | None = Field(default=None, gt=0, le=_MOST_A_SECOND)
    """Requests a second, in the long run."""
    burst: int | None = Field(default=None, ge=1, le=_MOST_AT_ONCE)
    """Requests that may come at once after a pause; null: a second's worth."""
    concurrency: int | None = Field(default=None, ge=1, le=_MOST_AT_ONCE)
    """Requests at a time."""

    @model_validator(mode="after")
    def _say_something(self) -> Self:
        if self.rate is None and self.burst is not None:
            raise ValueError("burst goes with rate")
        if self.rate is None and self.concurrency is None:
            raise ValueError("give rate or concurrency")
        return self


def stored(limits: Limits | None) -> dict[str, Any] | None:
    """Return limits as a row stores them; None: nothing is limited."""
    return None if limits is None else limits.model_dump(exclude_none=True)
