"""Jobs on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from unshelf.contracts.bundle import NetworkKind
from unshelf.contracts.protocols.jobs import AttemptEnd
from unshelf.develop.jobs.job import DEFAULT_SECONDS, MAX_COPIES, MAX_RETRIES, MAX_SECONDS, PRIORITIES, JobState
from unshelf.develop.jobs.sources.schemas import GitDetail, GitRequest
from unshelf.foundation.web.schemas import AnswerModel, RequestModel

_Name = Annotated[str, Field(min_length=1, max_length=128)]


class CodeFile(RequestModel):
    """A file that was uploaded."""

    path: str = Field(max_length=1024, examples=["train.py"])
    """The path in the folder that the program is started in."""
    sha256: str = Field(min_length=64, max_length=64)
    """The SHA-256 of its content."""
    size: int = Field(ge=0)
    """The bytes."""


class InputRequest(RequestModel):
    """Data that the program reads as files."""

    reference: str = Field(max_length=1200, examples=["data://orders@3"])
    """A dataset, without a version the latest one, which is recorded; or `data://CONNECTION/PATH`, which is read once into a Parquet file
    before the job is queued, and recorded by its digest."""
    variable: str = Field(max_length=80, examples=["UNSHELF_DATA_ORDERS"])
    """The environment variable that leads to the file, or to the folder where there are several."""


class OutputRequest(RequestModel):
    """Files that the program leaves which become a version of a dataset."""

    name: str = Field(max_length=64, examples=["features"])
    """The dataset's name."""
    path: str = Field(max_length=1024, examples=["features.parquet"])
    """A file in its outputs folder, or a folder there; `.` is all of it."""


class NetworkRequest(RequestModel):
    """The network of the program."""

    access: NetworkKind = "none"
    """none: nothing but a loopback of its own, and what is allowed; full: the server's."""
    allow: list[str] = Field(default=[], max_length=100, examples=[["pypi.org:443"]])
    """Places that it may connect to: `HOST:PORT`, `*.DOMAIN:PORT`, `ADDRESS:PORT`."""


class JobRequest(RequestModel):
    """A program to run."""

    project: str = Field(default="default", max_length=64)
    """The project that it belongs to."""
    name: str = Field(default="", max_length=200)
    """A title; empty: the name of the file that is run."""
    files: list[CodeFile] = Field(default=[], max_length=10_000)
    """The code; empty: it is in a repository."""
    git: GitRequest | None = None
    """The repository with the code; null: it was uploaded."""
    command: list[str] = Field(min_length=1, max_length=1000, examples=[["train.py", "--epochs", "3"]])
    """A Python file among them, and its arguments."""
    tier: str = Field(default="small", max_length=64)
    """The hardware."""
    environment: str | None = Field(default=None, max_length=128, examples=["base:4"])
    """The environment: NAME, NAME:VERSION or a hash; null: that of the requirements, or of the repository's own files, else the default
    one."""
    requirements: list[str] | None = Field(default=None, max_length=2000, examples=[["numpy>=2"]])
    """Packages, as requirements of PEP 508; null: none were given."""
    constraints: list[str] = Field(default=[], max_length=2000)
    """Bounds on packages, which ask for none."""
    python: str = Field(default="", max_length=16, pattern=r"^(3\.\d{1,2}(\.\d{1,3})?)?$")
    """The Python version for the requirements; empty: the server's own."""
    variables: dict[_Name, str] = Field(default={}, max_length=100)
    """Environment variables. Everybody who may see the job sees them: no secrets."""
    secrets: list[_Name] = Field(default=[], max_length=100)
    """Names of the project's secrets, which the program gets as environment variables."""
    inputs: list[InputRequest] = Field(default=[], max_length=100)
    """Data that it reads."""
    outputs: list[OutputRequest] = Field(default=[], max_length=20)
    """Files that it leaves which become data; the job has succeeded once they are."""
    network: NetworkRequest = NetworkRequest()
    """The network that it may reach."""
    parameters: dict[str, Any] = Field(default={}, examples=[{"rate": 0.1}])
    """Values that it finds as JSON in the file that UNSHELF_PARAMETERS names."""
    time_limit: float = Field(default=DEFAULT_SECONDS, ge=1, le=MAX_SECONDS)
    """Seconds that an attempt may take."""
    retries: int = Field(default=0, ge=0, le=MAX_RETRIES)
    """How often it is tried again when it fails."""
    priority: int = Field(default=0, ge=PRIORITIES[0], le=PRIORITIES[-1])
    """Higher ones go first among your own in the project."""
    after: list[str] = Field(default=[], max_length=100)
    """Ids of jobs that must have succeeded before."""
    copies: int | None = Field(default=None, ge=1, le=MAX_COPIES)
    """How many of it, each with its number, from 0, in UNSHELF_ARRAY_INDEX; null: one, without a number."""
    key: Annotated[str, Field(min_length=16, max_length=64)] | None = None
    """A random text that names this request: the same one again begins nothing new and gives the jobs that it began."""


class JobChange(RequestModel):
    """Changes in a copy of a job; null: as it was."""

    name: str | None = Field(default=None, max_length=200)
    """The title."""
    files: list[CodeFile] | None = Field(default=None, min_length=1, max_length=10_000)
    """The code."""
    git_ref: str | None = Field(default=None, max_length=250)
    """A branch, tag or commit of the same repository; its own files say which packages, where they did before."""
    command: list[str] | None = Field(default=None, min_length=1, max_length=1000)
    """The Python file and its arguments."""
    tier: str | None = Field(default=None, max_length=64)
    """The hardware."""
    environment: str | None = Field(default=None, max_length=128)
    """The environment: NAME, NAME:VERSION or a hash."""
    inputs: list[InputRequest] | None = Field(default=None, max_length=100)
    """The data."""
    network: NetworkRequest | None = None
    """The network that it may reach."""
    parameters: dict[str, Any] | None = None
    """Parameters that are different or new; the others stay."""
    time_limit: float | None = Field(default=None, ge=1, le=MAX_SECONDS)
    """Seconds that an attempt may take."""
    retries: int | None = Field(default=None, ge=0, le=MAX_RETRIES)
    """How often it is tried again."""
    priority: int | None = Field(default=None, ge=PRIORITIES[0], le=PRIORITIES[-1])
    """The priority."""


class SubmittedJobs(AnswerModel):
    """Jobs that were taken on."""

    ids: list[str]
    """Their ids, in the order of their numbers."""


class JobSummary(AnswerModel):
    """A job in a list."""

    id: str
    """The id."""
    project: str
    """The project."""
    name: str
    """The title."""
    state: JobState
    """How far it is: waiting for other jobs, preparing its environment, queued, starting, running, or how it ended."""
    reason: str
    """A sentence on what it waits for, or why it ended so; empty: nothing is to be said."""
    tier: str
    """The hardware."""
    priority: int
    """The priority."""
    environment: str | None
    """The hash of its environment; null: not known yet."""
    attempts: int
    """How many attempts were begun."""
    parent: str | None
    """The job that it is a changed copy of; null: none."""
    array: str | None
    """The first job of its array; null: it stands alone."""
    array_index: int | None
    """The number in the array; null: it has none."""
    created_at: datetime
    """When it was submitted."""
    created_by: str
    """The label of who submitted it."""
    started_at: datetime | None
    """When its first attempt began; null: none has."""
    ended_at: datetime | None
    """When it ended; null: it has not."""


class JobInputDetail(AnswerModel):
    """Data that a job reads."""

    reference: str
    """The dataset with its version."""
    variable: str
    """The environment variable that leads to its files."""
    wanted: str = ""
    """The reference that was asked for; empty: the same one."""
    sha256: str | None = None
    """The SHA-256 of the Parquet file that was made of data from a connection; null: not read yet, or a dataset."""
    rows: int | None = None
    """The rows of that file."""
    read_at: datetime | None = None
    """When it was read."""


class JobOutputDetail(AnswerModel):
    """Files that become a version of a dataset, or did."""

    name: str
    """The dataset's name."""
    path: str
    """Where the program leaves them, in its outputs folder."""
    version: int | None
    """The version that they became; null: not yet."""


class UsageSample(AnswerModel):
    """Measurement of an attempt."""

    at: float
    """Unix time."""
    cpu_seconds: float
    """CPU time so far."""
    memory_bytes: float
    """Memory at that moment."""


class JobFileDetail(AnswerModel):
    """A file."""

    path: str
    """The path."""
    sha256: str
    """The SHA-256 of its content."""
    size: int
    """The bytes."""


class RefusedPlaceDetail(AnswerModel):
    """Connections to one place that a program was refused."""

    place: str
    """`host:port`; `*`: others."""
    reason: str
    """The rule that refused them; empty: several did."""
    count: int
    """How many."""


class JobAttemptDetail(AnswerModel):
    """An attempt."""

    number: int
    """1, 2, …"""
    outcome: AttemptEnd | None
    """How it ended; null: it has not."""
    status: int | None
    """The exit status of its program; negative: the signal that ended it; null: none."""
    detail: str
    """A sentence on what else is to be said."""
    cpu_seconds: float | None
    """CPU time that the kernel accounted; null: it has not ended."""
    peak_memory_bytes: int | None
    """The most memory at once; null: it has not ended."""
    files: list[JobFileDetail]
    """The files that it left."""
    refused: list[RefusedPlaceDetail]
    """Connections that it was refused, once it has ended."""
    output_bytes: int
    """The bytes that it printed and that are kept; 0 before it has ended."""
    series: list[UsageSample]
    """Measurements over its run, at most a few hundred moments; of one that runs, as far as this control saw it."""
    started_at: datetime | None
    """When it began; null: it has not."""
    ended_at: datetime | None
    """When it ended; null: it has not."""


class UsageDetail(AnswerModel):
    """Measurement of a job that runs."""

    at: float
    """Unix time of the measurement."""
    cpu_seconds: float
    """CPU time of this attempt so far."""
    memory_bytes: int
    """Memory at that moment."""


class JobNetwork(AnswerModel):
    """The network of a program."""

    access: NetworkKind = "none"
    """none: nothing but a loopback of its own, and what is allowed; full: the server's."""
    allow: list[str] = Field(default_factory=list)
    """Places that it may connect to."""


class JobUseDetail(AnswerModel):
    """Something that names a job."""

    kind: str
    """A noun: version, data, scoring, bench, pipeline run, sweep, schedule, trigger."""
    name: str
    """The title."""
    page: str
    """The path of its page."""
    owns: bool
    """Whether the job is its own work, which is done again only from there."""


class JobDetail(JobSummary):
    """A job."""

    git: GitDetail | None
    """The repository with its code; null: it was uploaded."""

    command: list[str]
    """The Python file and its arguments."""
    code: str
    """The digest of its code."""
    wanted_environment: dict[str, Any]
    """The environment that was asked for: a reference, or requirements."""
    variables: dict[str, str]
    """Environment variables."""
    secrets: list[str]
    """Names of secrets."""
    inputs: list[JobInputDetail]
    """Data that it reads."""
    outputs: list[JobOutputDetail]
    """Files that it leaves which become data."""
    network: JobNetwork
    """The network that it may reach."""
    parameters: dict[str, Any]
    """The parameters."""
    results: dict[str, Any] | None
    """The content of its results file; null: it left none."""
    time_limit: float
    """Seconds that an attempt may take."""
    retries: int
    """How often it is tried again."""
    cancelled_by: str | None
    """The label of who cancelled it; null: nobody."""
    after: list[str]
    """The jobs that it comes after."""
    before: list[str]
    """The jobs that come after it."""
    copies: list[str]
    """The changed copies that were made of it."""
    used_by: list[JobUseDetail]
    """Versions and data that were made of it, what starts it again, and what it is the work of."""
    can_be_copied: bool
    """Whether copies of it can be run: not of a scoring's or a bench's own work."""
    position: int | None
    """How many of all queued jobs are older; null: it is not queued."""
    usage: UsageDetail | None
    """The last measurement; null: it does not run, or was not measured yet."""
    runs: list[JobAttemptDetail]
    """The attempts, the oldest first."""


class JobList(AnswerModel):
    """Jobs, the newest first."""

    jobs: list[JobSummary]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
