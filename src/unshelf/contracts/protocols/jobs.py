"""Messages about jobs between control and the host, which go the way of those in contracts.protocols.host: about attempts, and about code
in git repositories, which a process in a sandbox fetches and never runs."""

from typing import Literal

import msgspec

from unshelf.contracts.bundle import BundleFile, NetworkAccess

AttemptEnd = Literal[
    "exited", "timed_out", "cancelled", "interrupted", "lost", "out_of_memory", "disk_full", "refused"
]  # fmt: skip
"""How an attempt ended: the program came to its end; it was over its time; somebody ended it; the server was stopped; what kept it was
killed, and it with that; the system ended it for its memory; it wrote too much; it could not be begun."""


class AttemptInput(msgspec.Struct, frozen=True, kw_only=True):
    """Data that a program reads as files."""

    variable: str
    """The environment variable that has the path: of the file where there is one, else of the folder."""
    files: list[BundleFile]


class AttemptOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an attempt needs. Of two with one name, the first counts."""

    job: str
    number: int
    """1, 2, … within the job."""
    project: str
    tier: str
    environment: str
    """The hash of an environment that the host has."""
    code: list[BundleFile]
    """The files of the folder that the program is started in."""
    command: list[str]
    """A Python file among them, and its arguments."""
    variables: dict[str, str] = {}
    secrets: dict[str, str] = {}
    """Environment variables too, which no file of the host has."""
    inputs: list[AttemptInput] = []
    parameters: str = "{}"
    """JSON."""
    seconds: float
    """How long it may take."""
    disk_bytes: int
    """How much the files that it leaves may take, and its checkpoint."""
    output_bytes: int
    """How much of what it prints is kept."""
    network: NetworkAccess = NetworkAccess(access="none")
    use: Literal["job", "bench"] = "job"
    """The kind of consumer that its use is counted to."""
    model: str = ""
    """The model that a bench is of; empty: it is none."""


class StartAttempt(msgspec.Struct, frozen=True, kw_only=True, tag="start_attempt"):
    """Control: begin this attempt, unless that was done before. Answered by Ack or Failed."""

    id: int
    order: AttemptOrder


class CancelAttempt(msgspec.Struct, frozen=True, kw_only=True, tag="cancel_attempt"):
    """Control: end this attempt; it may take some seconds. Answered by Ack, also where it is over or unknown."""

    id: int
    job: str
    number: int


class WatchAttempts(msgspec.Struct, frozen=True, kw_only=True, tag="watch_attempts"):
    """Control: tell me of the attempts that there are, and of each change. Answered by Attempts until the sender hangs up."""

    id: int


class ReadAttemptOutput(msgspec.Struct, frozen=True, kw_only=True, tag="read_attempt_output"):
    """Control: what did the program print from this byte on? Answered by AttemptOutput, or Failed (`not_found`)."""

    id: int
    job: str
    number: int
    offset: int
    most_bytes: int = 1 << 18
    wait_seconds: float = 0.0
    """How long to wait for something to be there, or for the end of the attempt."""


class ForgetAttempts(msgspec.Struct, frozen=True, kw_only=True, tag="forget_attempts"):
    """Control: what these ended attempts left is stored; delete their folders. Answered by Ack. Unknown ones are no error."""

    id: int
    attempts: list[tuple[str, int]]
    """Job and number of each."""
    jobs: list[str] = []
    """Jobs that have no more attempts to come: their checkpoints go too."""


class AttemptUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Measurement of an attempt that runs."""

    at: float
    """Unix time."""
    cpu_seconds: float
    """CPU time so far."""
    memory_bytes: int
    """Memory at that moment."""


class RefusedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Connections of a program to one place that were refused."""

    place: str
    """`host:port`; `*`: others."""
    reason: str
    count: int


class AttemptOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended, and what it left, which is in the blob store."""

    how: AttemptEnd
    status: int | None = None
    """The exit status of the program; negative: the signal that ended it; None: it has none."""
    detail: str = ""
    """A sentence for its owner."""
    started_at: float
    ended_at: float
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    series: list[AttemptUsage] = []
    """Measurements over its run, a few hundred at most."""
    output: BundleFile | None = None
    """The text that it printed."""
    files: list[BundleFile] = []
    """The files in its outputs folder."""
    results: str | None = None
    """The JSON object in `results.json` there."""
    refused: list[RefusedPlace] = []
    """Connections that it was refused, by place."""


class JobAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt as the host knows it."""

    job: str
    number: int
    usage: AttemptUsage | None = None
    outcome: AttemptOutcome | None = None
    """None: it runs, or what it left is being stored."""


class Attempts(msgspec.Struct, frozen=True, kw_only=True, tag="attempts"):
    """Attempts that are new, changed, or were measured again; the first answer has all that there are."""

    id: int
    attempts: list[JobAttempt]


class AttemptOutput(msgspec.Struct, frozen=True, kw_only=True, tag="attempt_output"):
    """Bytes of what a program printed."""

    id: int
    data: bytes
    """From the byte that was asked for; empty: nothing more is there."""
    is_over: bool
    """Whether the attempt is over, and these are the last ones."""


class GitPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A repository, and how it is entered."""

    url: str
    """`http://…` or `https://…`, without credentials."""
    credential: str = ""
    """USER:PASSWORD, or a token alone; empty: none."""


class FolderPackages(msgspec.Struct, frozen=True, kw_only=True):
    """The packages that a folder's project files ask for."""

    requirements: list[str]
    constraints: list[str] = []
    python: str = ""


class FetchCode(msgspec.Struct, frozen=True, kw_only=True, tag="fetch_code"):
    """Control: fetch the files of a repository into the blob store. Answered by CodeFetched or Failed."""

    id: int
    place: GitPlace
    ref: str = ""
    """A branch, a tag or a commit; empty: the default branch."""
    folder: str = ""
    """The folder in it whose files are wanted; empty: all."""
    actor: str = ""
    """The label of the actor, by which repositories are fetched in turns."""


class CodeFetched(msgspec.Struct, frozen=True, kw_only=True, tag="code_fetched"):
    """The files of a commit, which are in the blob store."""

    id: int
    commit: str
    files: list[BundleFile]
    packages: FolderPackages | None = None
    """None: the folder asks for none."""
    notes: list[str] = []
    """Sentences on what was left out."""


class ListRefs(msgspec.Struct, frozen=True, kw_only=True, tag="list_refs"):
    """Control: which branches and tags has this repository? Answered by CodeRefs or Failed."""

    id: int
    place: GitPlace
    actor: str = ""


class CodeRefs(msgspec.Struct, frozen=True, kw_only=True, tag="code_refs"):
    """Branches and tags of a repository, at most a thousand of each."""

    id: int
    default: str
    """The default branch; empty: the repository names none."""
    branches: list[str]
    tags: list[str]


class GitQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """The question of a fetching process, on its standard input."""

    act: Literal["fetch", "refs"]
    place: GitPlace
    ref: str = ""
    folder: str = ""
    target: str
    """The empty folder that the files go to."""


class GitFiles(msgspec.Struct, frozen=True, kw_only=True, tag="files"):
    """A process's answer: the files lie in the target."""

    commit: str
    packages: FolderPackages | None = None
    notes: list[str] = []


class GitRefs(msgspec.Struct, frozen=True, kw_only=True, tag="refs"):
    """A process's answer: branches and tags."""

    default: str
    branches: list[str]
    tags: list[str]


class GitRefused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """A process's answer: it can't be fetched."""

    detail: str
    hint: str = ""


GitAnswer = GitFiles | GitRefs | GitRefused
"""The answer of a fetching process, on its standard output."""


ToAttempts = StartAttempt | CancelAttempt | WatchAttempts | ReadAttemptOutput | ForgetAttempts
ToJobs = ToAttempts | FetchCode | ListRefs
FromJobs = Attempts | AttemptOutput | CodeFetched | CodeRefs
