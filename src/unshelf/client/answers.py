"""What the SDK gives back: an answer to a prediction, a deployed version, a step of a deploy."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a model answered."""

    id: str
    """The prediction's id: `unshelf logs` shows the record under it."""
    model: str
    version: int
    outputs: Any
    """A list of one entry a row; for a pyarrow Table a pyarrow Table of one column an output."""
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds by name as the server measured them: `queue`, `predict`."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """A step of a deploy began, said something or ended."""

    step: str
    """bundle, upload (here), then lock, build, check, register, start, release (on the server)."""
    state: str
    """started, info, done or failed."""
    detail: str = ""
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A version that is registered and has answered."""

    reference: str
    """`NAME:VERSION`, good for ever."""
    name: str
    version: int
    live: bool
    """Whether requests to `NAME` reach it by release."""
    url: str
    """Where predictions are posted: by name when it is live, by reference otherwise."""
    deploy_id: str
    seconds: float
    """From the call to the end of the last step."""
    steps: dict[str, float] = field(default_factory=dict)
    """Seconds by step."""
    notes: list[str] = field(default_factory=list)
    """What was decided on the way, e.g. why pickle was used."""
    example: list[Any] = field(default_factory=list)
    """Rows of the example as they were sent, for a first call; empty without one."""

    def __str__(self) -> str:
        where = "live" if self.live else "registered, not released"
        return f"{self.reference} ({where}) at {self.url}"
