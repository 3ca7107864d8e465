"""Messages between the host and its clients, control and gateways, over the host's unix socket.

Each message is a frame: a little-endian u32 length, then MessagePack. Every request carries an `id` chosen by its sender;
answers and progress carry the same one. A sender that hangs up cancels what it asked for, except `Wake`."""

from typing import Literal

import msgspec

from unshelf.contracts.bundle import BundleFile, Checks, Manifest
from unshelf.contracts.machine import MachineFacts
from unshelf.contracts.metering.usage import TakenUsage, TakeUsage
from unshelf.contracts.protocols.bundling import BundleChoices, MadeBundle
from unshelf.contracts.protocols.environments import (
    ArchiveChunk,
    ArchiveEnd,
    BuildEnvironment,
    EnvironmentBuilt,
    ExportEnvironment,
    GiveLock,
    ListLostLocks,
    LostLocks,
)
from unshelf.contracts.protocols.jobs import FromJobs, ToJobs

Step = Literal["bundle", "lock", "build", "check"]
NOTE = "note: "
"""How the detail of an `info` begins that the deployer is to keep, such as a warning that the model raised."""
How = Literal["forked", "spawned", "running"]


class Wake(msgspec.Struct, frozen=True, kw_only=True, tag="wake"):
    """Gateway: I have requests for this version; where is it served? Answered by Awake or Failed."""

    id: int
    model: str
    version: int
    not_address: str | None = None
    """An address just seen dead: never answer with that one."""
    for_release: bool = False
    """Whether it starts beside what its model counts to quotas, as it is about to take another version's place."""


class Awake(msgspec.Struct, frozen=True, kw_only=True, tag="awake"):
    """The version answers at this address (contracts.protocols.addresses)."""

    id: int
    address: str
    addresses: list[str] = []
    """All addresses at which it answers, `address` among them; empty from a host that keeps one replica a version."""
    how: How = "running"
    """How the worker came to be for this: `forked` from a warm process, `spawned` from nothing, or `running` already."""


class ReportHang(msgspec.Struct, frozen=True, kw_only=True, tag="stuck"):
    """Gateway: a prediction sent to this worker ran past the version's timeout, and nothing was heard from it in that time.
    The host kills it unless it was heard elsewhere. Answered by Noted."""

    id: int
    model: str
    version: int
    address: str
    silent_seconds: float


class DiagnoseExit(msgspec.Struct, frozen=True, kw_only=True, tag="why"):
    """Gateway: this worker died on me; what is known of it? Answered by Because."""

    id: int
    model: str
    version: int
    address: str


class ExitDiagnosis(msgspec.Struct, frozen=True, kw_only=True, tag="because"):
    """How the worker ended, as far as it is for callers to know."""

    id: int
    out_of_memory: str = ""
    """The limit that it ran into, e.g. `1 GiB, tier small`; empty: it was not that."""


class Load(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Predictions of one version in flight in one gateway."""

    model: str
    version: int
    in_flight: int


class InFlight(msgspec.Struct, frozen=True, kw_only=True, tag="in_flight"):
    """Gateway: this is what I have in flight, of versions that may have more than one replica; sent when it changed, and every
    second while it is not nothing. Answered by Serving."""

    id: int
    gateway: str
    loads: list[Load]


class VersionAddresses(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Where one version is served."""

    model: str
    version: int
    addresses: list[str]


class Addresses(msgspec.Struct, frozen=True, kw_only=True, tag="serving"):
    """Where the versions in question are served now."""

    id: int
    served: list[VersionAddresses]


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag="noted"):
    """The host knows."""

    id: int


class Prepare(msgspec.Struct, frozen=True, kw_only=True, tag="prepare"):
    """Control: lock, build and check this bundle, whose files are all in the blob store. Answered by Progress*, then Prepared or Failed."""

    id: int
    model: str
    manifest: Manifest
    actor: str = ""
    """The one who deploys: turns are shared out by this."""
    secrets: dict[str, str] = {}
    """The secrets of the model, which the check gets as environment variables."""


class BundleFiles(msgspec.Struct, frozen=True, kw_only=True, tag="bundle_files"):
    """Control: make a bundle of these files, which are all in the blob store. Answered by Progress*, then Bundled or Failed."""

    id: int
    files: list[BundleFile]
    choices: BundleChoices
    actor: str = ""
    """The one who deploys: turns are shared out by this."""


class Bundled(msgspec.Struct, frozen=True, kw_only=True, tag="bundled"):
    """The bundle, made by a program that read a stranger's files: to be judged as if the deployer had sent it."""

    id: int
    bundle: MadeBundle


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """A step began, said something or ended."""

    id: int
    step: Step
    state: Literal["started", "info", "done"]
    detail: str = ""
    seconds: float | None = None
    """How long the step took, when it is done."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True, tag="prepared"):
    """The bundle works: its lock, its environment, what the check found."""

    id: int
    lock: str
    """The text of the pylock.toml."""
    environment: str
    built: bool
    """False when the environment was there already."""
    checks: Checks
    bytes: int | None = None
    """Size of the environment on disk; None: a host of an earlier release did not say."""


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """The request failed. Nothing half-done is left behind."""

    id: int
    code: str
    """A stable code of docs/reference/errors.md, e.g. `lock_failed`, `build_failed`, `check_failed`, `not_found`, `paused`."""
    detail: str
    hint: str = ""
    step: str = ""
    log: str = ""
    """The last lines of what the failed program said: for the owner, never for callers."""
    retry_after: float | None = None
    """Seconds after which the same request may succeed; None: only after a change."""


class Describe(msgspec.Struct, frozen=True, kw_only=True, tag="describe"):
    """Control and gateways: what is this machine, and what runs on it? Answered by Described."""

    id: int
    machine: bool = True
    """Whether the machine is asked for, too."""
    interpreters: bool = True
    """Whether its interpreters are asked for as well: to look for them can take seconds."""


class Described(msgspec.Struct, frozen=True, kw_only=True, tag="described"):
    """The machine and its replicas, as plain facts for `unshelf doctor` and `unshelf show`."""

    id: int
    machine: MachineFacts | None = None
    """None when it was not asked for."""
    replicas: list["Replica"]
    warning: str = ""
    """A sentence for the operator: that programs run without a sandbox here, and why. Empty: each has one."""


class Replica(msgspec.Struct, frozen=True, kw_only=True):
    """One worker process."""

    model: str
    """The name of the model."""
    version: int
    """The number of the version."""
    pid: int
    """The process id."""
    address: str
    """The address of its socket."""
    state: Literal["starting", "serving", "stopping"]
    """How far its life is."""
    memory_bytes: int
    """Resident memory."""
    started_at: float
    """Unix time of its start."""
    last_used_at: float
    """Unix time of its last request."""
    requests: int
    """Requests answered."""
    started_by: Literal["fork", "spawn"] = "spawn"
    """Forked from the warm process of its environment, or started from nothing."""
    spawned_because: str = ""
    """Why it was not forked."""
    tier: str = ""
    """The tier it was started under."""
    limits: list[str] = []
    """The limits that really hold, e.g. `memory 1 GiB (cgroup v1)`."""
    gpus: list[str] = []
    """The GPUs that are its own, by index or UUID."""
    sandboxed: bool = False
    """Whether it runs with a user, files and processes of its own."""
    walls: list[str] = []
    """The walls around it, as the kernel tells of the running process, e.g. `no network`."""


class Delete(msgspec.Struct, frozen=True, kw_only=True, tag="forget"):
    """Control: these are gone from the registry; delete their folders. Answered by Forgotten. Unknown ones are no error."""

    id: int
    bundles: list[str] = []
    environments: list[str] = []


class Deleted(msgspec.Struct, frozen=True, kw_only=True, tag="forgotten"):
    """The folders are gone from disk."""

    id: int


class HoldSecrets(msgspec.Struct, frozen=True, kw_only=True, tag="hold_secrets"):
    """Control: these are the secrets of this model from now on, for the workers that start. Answered by Ack."""

    id: int
    model: str
    revision: int
    """As in contracts.routing.VersionRoute; 0: it has none any more."""
    values: dict[str, str]
    """Environment variable → value."""


class DescribeSecrets(msgspec.Struct, frozen=True, kw_only=True, tag="describe_secrets"):
    """Control: of which models do you hold secrets? Answered by HeldSecrets."""

    id: int


class HeldSecrets(msgspec.Struct, frozen=True, kw_only=True, tag="held_secrets"):
    """The models whose secrets the host holds."""

    id: int
    revisions: dict[str, int]
    """Model → revision."""


class TakeRefusals(msgspec.Struct, frozen=True, kw_only=True, tag="take_refusals"):
    """Control: which connections were programs refused since I asked last? Answered by Refused."""

    id: int


class RefusedConnection(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Connections of one version's programs to one place that were refused."""

    model: str
    version: int
    """0: its check."""
    place: str
    """`host:port`; `*`: others."""
    reason: str
    count: int


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """Refused connections, which the host forgets."""

    id: int
    connections: list[RefusedConnection]


ToHost = (
    Wake
    | Prepare
    | Describe
    | Delete
    | ReportHang
    | DiagnoseExit
    | InFlight
    | HoldSecrets
    | DescribeSecrets
    | TakeRefusals
    | BuildEnvironment
    | BundleFiles
    | ExportEnvironment
    | ListLostLocks
    | GiveLock
    | TakeUsage
    | ToJobs
)
FromHost = (
    Awake
    | Progress
    | Prepared
    | Failed
    | Described
    | Deleted
    | ExitDiagnosis
    | Addresses
    | Ack
    | HeldSecrets
    | Refused
    | EnvironmentBuilt
    | LostLocks
    | Bundled
    | ArchiveChunk
    | ArchiveEnd
    | TakenUsage
    | FromJobs
)
