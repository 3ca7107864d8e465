"""Queries on the wire."""

from typing import Any

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class QueryRequest(RequestModel):
    """Query of recorded predictions."""

    sql: str = Field(
        min_length=1, max_length=100_000, examples=["select status, count(*) from predictions group by status"]
    )
    """One `select` from the table `predictions`, in DuckDB's SQL."""
    model: str | None = None
    """The model that is asked about; null: every model that the key is good for."""


class QueryColumn(AnswerModel):
    """A column of the answer."""

    name: str
    """The name."""
    type: str
    """In DuckDB's words."""


class QueryAnswer(AnswerModel):
    """The rows."""

    columns: list[QueryColumn]
    """The columns, in order."""
    rows: list[list[Any]]
    """The rows, each with a value a column."""
    truncated: bool
    """Whether there were more rows than an answer may have."""
    seconds: float
    """How long the query ran."""
    left_out: list[str]
    """Files of records that can't be read and are put aside: their rows are missing."""
