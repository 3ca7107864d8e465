"""Jobs as services know them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from unshelf.contracts.bundle import BundleFile, NetworkAccess
from unshelf.develop.jobs.sources.git import GitSource
from unshelf.develop.jobs.sources.publishing import JobOutput

JobState = Literal[
    "waiting", "preparing", "queued", "starting", "running", "succeeded", "failed", "cancelled", "timed_out"
]
"""waiting: for jobs that it comes after. preparing: for its environment. queued: for a place. The last four are final."""
ENDED: tuple[JobState, ...] = ("succeeded", "failed", "cancelled", "timed_out")
ACTIVE: tuple[JobState, ...] = ("starting", "running")
"""The states in which a job takes its tier's resources."""
STATES: tuple[JobState, ...] = get_args(JobState)
MAX_COPIES = 1000
MAX_RETRIES = 20
MAX_SECONDS = 30 * 86_400.0
DEFAULT_SECONDS = 86_400.0
PRIORITIES = range(-10, 11)


NO_NETWORK = NetworkAccess(access="none")


@dataclass(frozen=True, kw_only=True)
class JobInput:
    """Data that a job reads: a reference, and the variable that leads to its files."""

    reference: str
    """`data://NAME@VERSION`."""
    variable: str
    """The environment variable, `UNSHELF_DATA_…`."""
    wanted: str = ""
    """The reference that was asked for first, which may lead to a later version by now; empty: the same one."""
    staged: Mapping[str, Any] | None = None
    """Facts of rows that another job has read from a connection, to be read again as they were; None: they are read anew."""


@dataclass(frozen=True, kw_only=True)
class PlatformFiles:
    """Files of the platform's own that a job reads, such as those of a model."""

    label: str
    """The text by which people know them."""
    variable: str
    """The environment variable, `UNSHELF_DATA_…`."""
    files: Sequence[BundleFile]


@dataclass(frozen=True, kw_only=True)
class JobOrder:
    """A program that somebody wants to have run."""

    project: str
    name: str = ""
    files: Sequence[BundleFile] = ()
    """The code: files that were uploaded, or those of the commit; empty: they are fetched by `git`."""
    git: GitSource | None = None
    """The repository that has the code; None: it was uploaded."""
    packages_of_code: bool = False
    """Whether the environment is what the repository's own files ask for, and only without these the one that is named here."""
    command: Sequence[str]
    """One of the files, and arguments."""
    tier: str = "small"
    environment: str | None = None
    """A name, a name and a version, or a hash; None: that of the requirements, else the default one."""
    requirements: Sequence[str] | None = None
    constraints: Sequence[str] = ()
    python: str = ""
    """The Python version for the requirements; empty: the server's own."""
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    inputs: Sequence[JobInput] = ()
    outputs: Sequence[JobOutput] = ()
    """Files that it leaves which become versions of datasets."""
    network: NetworkAccess = NO_NETWORK
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = DEFAULT_SECONDS
    retries: int = 0
    priority: int = 0
    after: Sequence[str] = ()
    """The ids of jobs that must have succeeded before."""
    copies: int | None = None
    """How many of it, each with its number in UNSHELF_ARRAY_INDEX; None: one, without a number."""
    parent: str | None = None
    key: str | None = None
    model: str | None = None
    """The model whose program it runs, by the platform's own order: the program gets the model's secrets, unless it is a metric, and its
    files need not have been uploaded by who gives the order."""
    reads: Sequence[PlatformFiles] = ()
    """Files of the platform's own, of an order with a model."""
    use: Literal["job", "bench", "metric"] = "job"
    """The kind of consumer that its use is counted to; that of a `metric` counts as a job's, and its program gets no secrets."""
