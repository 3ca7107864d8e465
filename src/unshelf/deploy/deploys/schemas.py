"""Deploys on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from unshelf.contracts.bundle import MAX_FILES, Batching, Checks, Manifest
from unshelf.deploy.data_uses.schemas import BaselineRequest
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.foundation.web.struct_schemas import struct_field
from unshelf.manage.limits import Limits


class DeployRequest(RequestModel):
    """Bundle to deploy, and what happens when it works."""

    name: str = Field(examples=["credit-risk"])
    """The model's name."""
    project: Annotated[str, Field(max_length=64)] | None = None
    """The project that a new model belongs to; null: `default`. A model that there is stays where it is."""
    manifest: dict[str, Any] = struct_field(Manifest)
    """The bundle: its files by digest, how it is loaded, its environment and settings."""
    release: bool | None = None
    """Whether the version goes live: true, false, or null: if it is the model's first."""
    alias: str | None = None
    """An alias that shall point at the version."""
    limits: Limits | None = None
    """How much may be asked of the model from now on; null: as it was."""
    baseline: BaselineRequest | None = None
    """The training data, whose profile is kept with the version; null: none."""
    example_data: str | None = Field(default=None, max_length=1200, examples=["data://orders@3"])
    """The reference that the example was read by; null: it came from elsewhere."""
    dry_run: bool = False
    """Whether it ends after the check: the bundle is locked, built and checked, and nothing is registered or kept."""
    key: Annotated[str, Field(min_length=16, max_length=64)] | None = None
    """A random text that names this request: the same one again begins nothing new and gives the deploy that it began."""


class UploadedFile(RequestModel):
    """A file that was uploaded, as the deployer's folder has it."""

    path: Annotated[str, Field(max_length=1024)]
    """The path below the folder, with `/` between its parts."""
    sha256: Annotated[str, Field(min_length=64, max_length=64)]
    """The SHA-256 of its content, in lower-case hexadecimal."""
    size: Annotated[int, Field(ge=0)]
    """The bytes."""


class FileDeployRequest(RequestModel):
    """Uploaded files to deploy, as `unshelf deploy PATH` would, and choices in place of what they say themselves."""

    name: str = Field(examples=["credit-risk"])
    """The model's name."""
    project: Annotated[str, Field(max_length=64)] | None = None
    """The project that a new model belongs to; null: `default`. A model that there is stays where it is."""
    files: Annotated[list[UploadedFile], Field(min_length=1, max_length=MAX_FILES)]
    """The files of the folder, each sent by PUT /api/v1/blobs/SHA256: with unshelf.toml, an MLflow model, or a model file."""
    path: Annotated[str, Field(max_length=1024)] | None = None
    """The model file among them, where the folder has neither unshelf.toml nor MLmodel; null: the only file."""
    example: Annotated[str, Field(max_length=1024)] | None = None
    """The JSON or CSV file among them with rows of an example; null: the folder's own, if it has one."""
    environment: Annotated[str, Field(max_length=200)] | None = None
    """An environment that there is already: `NAME`, `NAME:VERSION` or a hash; null: what the files ask for."""
    requirements: list[Annotated[str, Field(max_length=1000)]] = Field(default_factory=list, max_length=200)
    """Requirements such as `scikit-learn==1.7.2`, in place of the files' own on the same packages."""
    python: Annotated[str, Field(max_length=16)] | None = Field(default=None, examples=["3.12"])
    """The Python version of the environment; null: what the files ask for, else the server's own."""
    tier: Annotated[str, Field(max_length=64)] | None = None
    """The tier of a replica; null: what the files ask for, else `small`."""
    min_replicas: Annotated[int, Field(ge=0, le=1000)] | None = None
    """Replicas that always run; null: what the files ask for, else 0."""
    max_replicas: Annotated[int, Field(ge=1, le=1000)] | None = None
    """The most replicas at once; null: what the files ask for, else 1."""
    description: Annotated[str, Field(max_length=10_000)] | None = None
    """A text for people; null: the files' own."""
    release: bool | None = None
    """Whether the version goes live: true, false, or null: if it is the model's first."""
    alias: Annotated[str, Field(max_length=64)] | None = None
    """An alias that shall point at the version; null: none."""
    job: Annotated[str, Field(max_length=26)] | None = None
    """The job that left the files, or some of them: the version says so; null: none did."""
    key: Annotated[str, Field(min_length=16, max_length=64)] | None = None
    """A random text that names this request: the same one again begins nothing new and gives the deploy that it began."""


class DeployedFiles(AnswerModel):
    """The request for a deploy of uploaded files, to be changed and tried again."""

    request: FileDeployRequest
    """The request, without its key."""
    missing: list[str]
    """The digests of files that have to be sent again, for they are not kept any more."""


class DeployAccepted(AnswerModel):
    """The deploy has begun."""

    id: str
    """The id: follow it at /deploys/{id}/events."""


ListedState = Literal["running", "ended", "all"]
"""Which deploys a list has."""

Step = Literal["bundle", "profile", "lock", "build", "check", "register", "start", "release"]
"""The steps, in their order: a version answers before it is released. `bundle` is there for uploaded files, `profile` for a
baseline that is a file."""


class DeployStep(AnswerModel):
    """How far a step has come."""

    step: Step
    """The step."""
    state: Literal["started", "done", "failed"]
    """How far it is."""
    detail: str
    """The last thing that it reported."""
    seconds: float | None
    """How long it took; null: it is not done."""


class DeployError(AnswerModel):
    """Why a deploy failed, and what to do."""

    code: str
    """The code of the problem."""
    step: str
    """The step that failed."""
    detail: str
    """The error in a sentence."""
    hint: str
    """The next thing to do."""
    log: str
    """The last lines of what the failed program said."""


class Found(AnswerModel):
    """Findings of a dry run: the version as it would be."""

    environment: str
    """The hash of its environment's lock."""
    python: str
    """The Python version of its environment."""
    packages: int
    """How many packages its environment has."""
    checks: dict[str, Any] = struct_field(Checks)
    """The results of the check, with the signature."""
    batching: dict[str, Any] = struct_field(Batching)
    """The most that would be predicted together, where the check allows it."""


class Deploy(AnswerModel):
    """A deploy."""

    id: str
    """The id, which sorts by time."""
    name: str
    """The model's name."""
    state: Literal["running", "done", "failed"]
    """How far it is."""
    steps: list[DeployStep]
    """The steps that have begun, in their order."""
    version: int | None
    """The number of the version; null: it has none yet, or it was taken back."""
    live: bool | None
    """Whether the version went live; null: that is not decided yet."""
    error: DeployError | None
    """Why it failed; null: it did not."""
    created_at: datetime
    """When it was begun."""
    ended_at: datetime | None
    """When it was over; null: it runs."""
    by: str
    """The label of the actor who began it."""
    dry_run: bool
    """Whether it ends after the check and registers nothing."""
    found: Found | None
    """Findings of a dry run; null: it is not that far, it failed, or it is no dry run."""


class Deploys(AnswerModel):
    """Deploys, the newest first."""

    deploys: list[Deploy]
    """The deploys."""
    next_cursor: str | None
    """Where the next page begins; null: the list ends here."""
