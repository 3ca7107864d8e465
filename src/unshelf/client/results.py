"""Results of the SDK: an answer to a prediction, a deployed version, an event of a deploy."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Answer of a model to a prediction."""

    id: str
    """The prediction's id: `unshelf logs` shows the record under it."""
    model: str
    version: int
    outputs: Any
    """A list of one entry a row; for a pyarrow Table a pyarrow Table of one column an output. Of a version with the output
    `table` the whole answer as it is: a list, an object, a number."""
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds by name as the server measured them: `queue`, `predict`."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Event of a deploy: a step began, reported something or ended."""

    step: str
    """bundle, upload (here), then profile (of a baseline that is a file), lock, build, check, register, start, release (on the server)."""
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
    """Decisions made on the way, e.g. why pickle was used."""
    example: list[Any] = field(default_factory=list)
    """Rows of the example as they were sent, for a first call; empty without one."""
    found: dict[str, Any] | None = None
    """Findings of a dry run, which registered nothing: `environment`, `python`, `packages`, `checks` and `batching`, as the version
    would have them. Its `version` is 0, its `reference` the model's name, its `url` where predictions would go."""

    def __str__(self) -> str:
        if self.found is not None:
            return f"{self.name} (dry run) can be deployed; nothing was registered"
        where = "live" if self.live else "registered, not released"
        return f"{self.reference} ({where}) at {self.url}"
