"""Data of deploys and versions on the wire."""

from typing import Any, Literal

from pydantic import Field

from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.foundation.web.struct_schemas import optional_field, struct_field


class BaselineRequest(RequestModel):
    """The training data of a version, whose profile is kept: a dataset, or a file that was uploaded."""

    data: str | None = Field(default=None, max_length=1200, examples=["data://orders@3"])
    """The reference that it was read by; null: data of the deployer's own."""
    file: dict[str, Any] | None = optional_field("BundleFile")
    """A Parquet file that was uploaded as a blob; null where the reference leads to a dataset, whose profile is known."""


class DataUsed(AnswerModel):
    """Data that a version was made with."""

    role: Literal["baseline", "example"]
    """The use of it."""
    source: str
    """The reference that it was read by; empty: data of the deployer's own."""
    dataset: str | None
    """The dataset that it is; null: it is none."""
    dataset_version: int | None
    """The dataset's version."""
    rows: int | None
    """The number of its rows; null: not counted."""
    columns: list[dict[str, Any]] = struct_field(ColumnProfile)
    """Name, type and profile of each column of a baseline; empty for an example."""


class VersionData(AnswerModel):
    """The data that a version was made with."""

    version: int
    """The version's number."""
    data: list[DataUsed]
    """The baseline and the example, as far as they are known."""
