"""Data on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.foundation.web.struct_schemas import struct_field

Project = Annotated[str, Field(max_length=64)]
Description = Annotated[str, Field(max_length=10_000)]


class DatasetRequest(RequestModel):
    """A version of a dataset to add: files that were uploaded."""

    name: str = Field(examples=["orders"])
    """The dataset's name; a new one begins a dataset."""
    files: list[dict[str, Any]] = struct_field(BundleFile)
    """The files: path, SHA-256 and size."""
    project: Project | None = None
    """The project that a new dataset belongs to; null: `default`. One that there is stays where it is."""
    description: Description | None = None
    """A text about the dataset; null: as it was."""


class ConnectionRequest(RequestModel):
    """A connection as it shall be."""

    kind: Literal["local", "s3", "sql", "https"]
    """The kind of place where data lies."""
    settings: dict[str, str] = Field(max_length=20, examples=[{"bucket": "sales", "region": "eu-central-1"}])
    """The settings that the kind takes; nothing secret."""
    credentials: Annotated[dict[str, str], Field(max_length=20)] | None = None
    """The credentials that the kind takes; null: those that it has. Nobody sees them again."""
    project: Project | None = None
    """The project that a new connection belongs to; null: `default`."""
    description: Description | None = None
    """A text about the connection; null: as it was."""


class BindingRequest(RequestModel):
    """The data that a name shall lead to."""

    target: str = Field(max_length=1200, examples=["data://warehouse/public.orders"])
    """A reference to a dataset, a version of it, or a path in a connection."""
    project: Project | None = None
    """The project that a new binding belongs to; null: `default`."""
    description: Description | None = None
    """A text about the binding; null: as it was."""


class DataMoveRequest(RequestModel):
    """Where data shall go."""

    project: str = Field(max_length=64, examples=["credit-risk"])
    """The name of the project."""
    reason: str = Field(default="", max_length=1000)
    """A sentence for those who read the events."""


class ConnectionDetail(AnswerModel):
    """A connection, without its credentials."""

    kind: Literal["local", "s3", "sql", "https"]
    """The kind of place where data lies."""
    settings: dict[str, str]
    """The settings."""
    credential_names: list[str]
    """The names of its credentials."""
    set_at: datetime
    """When it was set last."""
    set_by: str
    """The label of the actor who set it."""
    readable: bool
    """Whether the server can still read the credentials; false: its key file is lost, and they have to be given again."""


class BindingDetail(AnswerModel):
    """A binding."""

    target: str
    """The reference that it leads to."""
    set_at: datetime
    """When it was led there."""
    set_by: str
    """The label of the actor who did that."""


class DataSummary(AnswerModel):
    """A name that `data://` leads to."""

    name: str
    """The name, unique in the installation: `data://NAME`."""
    kind: Literal["dataset", "connection", "binding"]
    """Whether it is versioned data, a place where data lies, or another name for either."""
    project: str
    """The project that it belongs to."""
    description: str
    """A text by those who look after it."""
    created_at: datetime
    """When it was added."""
    created_by: str
    """The label of the actor who added it."""


class DataList(AnswerModel):
    """Names of data that the actor may read, by name."""

    data: list[DataSummary]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class DatasetVersionSummary(AnswerModel):
    """A version in its dataset's list."""

    version: int
    """The number."""
    digest: str
    """The SHA-256 of the list of its files."""
    format: Literal["parquet", "csv", "files"]
    """How its files hold rows; `files`: they hold none that we read."""
    bytes: int
    """The size of all its files."""
    rows: int | None
    """The number of rows; null: they are no table."""
    created_at: datetime
    """When it was added."""
    created_by: str
    """The label of the actor who added it."""
    job: str | None
    """The id of the job whose output it was; null: it was uploaded."""


class DatasetVersionDetail(DatasetVersionSummary):
    """A version with all that is known of it."""

    files: list[dict[str, Any]] = struct_field(BundleFile)
    """The files: path, SHA-256 and size."""
    columns: list[dict[str, Any]] = struct_field(ColumnProfile)
    """Name, type and profile of each column; empty: its files are no table."""
    preview: list[list[Any]]
    """The first rows, each value as JSON has it."""


class DatasetAdded(DatasetVersionDetail):
    """A version that was just added, or was there."""

    name: str
    """The dataset's name."""
    new: bool
    """Whether it is new; false: the same content was that version already."""


class DataUseSummary(AnswerModel):
    """A version of a model that a dataset is used by."""

    dataset_version: int
    """The dataset's version."""
    reference: str
    """The model's version: `credit-risk:3`."""
    role: str
    """The use: `baseline` or `example`."""


class DataDetail(DataSummary):
    """A name, and what it leads to."""

    versions: list[DatasetVersionSummary]
    """The versions of a dataset, the latest first; empty for other kinds."""
    version: DatasetVersionDetail | None
    """The version that was asked for, else the latest; null for other kinds."""
    uses: list[DataUseSummary]
    """Where the dataset is used, among the models that the actor may see."""
    connection: ConnectionDetail | None
    """The connection; null for other kinds."""
    binding: BindingDetail | None
    """The binding; null for other kinds."""
