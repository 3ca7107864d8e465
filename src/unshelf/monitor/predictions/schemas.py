"""Queries on the wire."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class QueryRequest(BaseModel):
    """What is asked of the predictions."""

    model_config = ConfigDict(extra="forbid")

    sql: str = Field(min_length=1, max_length=100_000)
    """One `select`."""
    model: str | None = None
    """The model that is asked about; null: every model that the key is good for."""


class QueryColumn(BaseModel):
    """A column of the answer."""

    name: str
    type: str
    """In DuckDB's words."""


class QueryAnswer(BaseModel):
    """The rows."""

    columns: list[QueryColumn]
    rows: list[list[Any]]
    truncated: bool
    """Whether there were more rows than an answer may have."""
    seconds: float
