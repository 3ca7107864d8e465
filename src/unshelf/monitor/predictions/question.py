"""A question about predictions in SQL, and what comes of it: what control and the query's process tell each other."""

from typing import Any

import msgspec


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, of what, and what it may take."""

    sql: str
    folder: str
    """The predictions."""
    models: list[str] | None
    """Glob patterns of the models whose records may be read; None: all."""
    model: str | None
    """The one model that is asked about; None: all that may be read."""
    routing_table: str
    scratch: str
    """An empty folder, removed by whoever asks."""
    seconds: float
    memory_bytes: int
    threads: int
    rows: int
    answer_bytes: int


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag="answer", tag_field="said"):
    """The rows."""

    columns: list[dict[str, str]]
    """Each with `name` and `type`."""
    rows: list[list[Any]]
    truncated: bool
    """Whether there were more rows than are given."""
    seconds: float


class Rejection(msgspec.Struct, frozen=True, kw_only=True, tag="rejection", tag_field="said"):
    """Why there are none."""

    code: str
    detail: str
    hint: str = ""
