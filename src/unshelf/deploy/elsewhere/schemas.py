"""Models that run elsewhere, on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from unshelf.contracts.bundle import ModelTask
from unshelf.contracts.signature import Signature
from unshelf.deploy.elsewhere.folder import EVERY_SECONDS, FileState
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.foundation.web.struct_schemas import optional_field, struct_field

_Name = Annotated[str, Field(max_length=200)]


class RegistrationRequest(RequestModel):
    """A model that runs on other infrastructure, or its next version."""

    name: str = Field(max_length=200, examples=["churn"])
    """The model's name."""
    project: Annotated[str, Field(max_length=64)] | None = None
    """The project that a new model belongs to; null: `default`."""
    signature: dict[str, Any] = struct_field(Signature)
    """Inputs and outputs: columns or tensors with their types."""
    description: str = Field(default="", max_length=10_000)
    """A text for people."""
    place: str = Field(default="", max_length=200, examples=["SageMaker, eu-west-1"])
    """The infrastructure that it runs on, for people."""
    task: ModelTask | None = None
    """The task of the model; null: it is inferred."""
    classes: list[_Name] = Field(default=[], max_length=1000)
    """The names of the classes, in the order of the scores."""
    monitoring: dict[str, Any] | None = optional_field("Monitoring")
    """Roles of columns, where they can't be seen; null: they are inferred."""
    redact: list[_Name] = Field(default=[], max_length=1000)
    """Columns whose values are replaced by `[redacted]` before anything is written."""
    baseline: str | None = Field(default=None, max_length=1200, examples=["data://churn-training@1"])
    """The training data, a dataset, whose profile records are held against; null: the first 1,000 records are."""


class RegisteredElsewhere(AnswerModel):
    """A version that is registered."""

    name: str
    """The model's name."""
    version: int
    """The number."""
    project: str
    """The project of the model."""
    created: bool
    """Whether it is new; false: the newest version is the same in everything."""


class RecordFault(AnswerModel):
    """A record that was refused."""

    row: int | None
    """The number of the record, counted from 0."""
    column: str | None
    """The column or field that is wrong."""
    expected: str
    """The expected value."""
    got: str
    """The value that came, shortened."""


class RecordsTakenView(AnswerModel):
    """Numbers of records that were sent."""

    accepted: int
    """Records that were taken."""
    duplicates: int
    """Records that were taken before, by their ids."""
    refused: int
    """Records that don't fit the signature; all others were taken."""
    faults: list[RecordFault]
    """The first 20 of the refused: row, column, what is expected there, what came."""


class RecordColumnsRequest(RequestModel):
    """The columns of tables that hold what is no input; empty: the usual ones."""

    id: _Name = ""
    """The id of the prediction: else `record_id`, `prediction_id` or `id`."""
    time: _Name = ""
    """The moment: else `record_time`, `predicted_at`, `timestamp` or `time`."""
    outputs: dict[str, _Name] = Field(default={}, max_length=1000)
    """Output → column: else an output's own name, `output` or `prediction`."""
    latency_ms: _Name = ""
    """The latency in milliseconds: else `latency_ms`."""
    error: _Name = ""
    """Why there is no answer: else `error`."""


class RecordFolderRequest(RequestModel):
    """A folder or bucket to watch for files of records."""

    model: str = Field(max_length=200, examples=["churn"])
    """The model that runs elsewhere; records are of its live version."""
    data: str = Field(max_length=1100, examples=["data://lake/churn/predictions"])
    """The folder: `data://CONNECTION/PATH`."""
    every_seconds: int = Field(default=300, ge=EVERY_SECONDS[0], le=EVERY_SECONDS[-1])
    """How often it is looked at."""
    columns: RecordColumnsRequest = RecordColumnsRequest()
    """The columns of its files."""


class RecordFolderView(AnswerModel):
    """A folder that is watched."""

    id: str
    """The id."""
    model: str
    """The model."""
    project: str
    """The project of the model."""
    data: str
    """The folder."""
    every_seconds: int
    """How often it is looked at."""
    next_at: datetime
    """When it is looked at next."""
    looked_at: datetime | None
    """When it was last looked at."""
    problem: str
    """Why the last look failed; empty: it did not."""
    files: int
    """Files that were taken in or can't be."""
    damaged: int
    """Files that can't be read."""
    accepted: int
    """Records of all its files."""
    created_at: datetime
    """When it was set."""
    created_by: str
    """The actor who set it, by whose rights it is read."""


class RecordFolderList(AnswerModel):
    """Watched folders, the newest first."""

    folders: list[RecordFolderView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class RecordFileView(AnswerModel):
    """A file of a watched folder."""

    path: str
    """The path in the connection."""
    state: FileState
    """taken, or damaged: it can't be read, and is read again once it has changed."""
    accepted: int
    """Records that were taken."""
    duplicates: int
    """Records that were taken before."""
    refused: int
    """Records that don't fit the signature."""
    reason: str
    """Why it can't be read, or the first record that was refused."""
    taken_at: datetime
    """When that was."""


class RecordFileList(AnswerModel):
    """Files of a watched folder, the last first."""

    files: list[RecordFileView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
