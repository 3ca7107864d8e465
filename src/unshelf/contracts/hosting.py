"""What control and gateways say to the host, and hear from it, over its unix socket.

Each message is a frame: a little-endian u32 length, then MessagePack. Every request carries an `id` chosen by its sender;
answers and progress carry the same one. A sender that hangs up cancels what it asked for, except `Wake`."""

from typing import Any, Literal

import msgspec

from unshelf.contracts.bundle import Checks, Manifest

Step = Literal["lock", "build", "check"]
How = Literal["forked", "spawned", "running"]


class Wake(msgspec.Struct, frozen=True, kw_only=True, tag="wake"):
    """Gateway: I have requests for this version; where is it served? Answered by Awake or Failed."""

    id: int
    model: str
    version: int
    not_address: str | None = None
    """An address just seen dead: never answer with that one."""


class Awake(msgspec.Struct, frozen=True, kw_only=True, tag="awake"):
    """The version answers at this socket (a name relative to the run folder)."""

    id: int
    address: str
    addresses: list[str] = []
    """All sockets at which it answers, `address` among them; empty from a host that keeps one replica a version."""
    how: How = "running"
    """How the worker came to be for this: `forked` from a warm process, `spawned` from nothing, or `running` already."""


class Stuck(msgspec.Struct, frozen=True, kw_only=True, tag="stuck"):
    """Gateway: a prediction sent to this worker ran past the version's timeout, and nothing was heard from it in that time.
    The host kills it unless it was heard elsewhere. Answered by Noted."""

    id: int
    model: str
    version: int
    address: str
    silent_seconds: float


class Why(msgspec.Struct, frozen=True, kw_only=True, tag="why"):
    """Gateway: this worker died on me; what is known of it? Answered by Because."""

    id: int
    model: str
    version: int
    address: str


class Because(msgspec.Struct, frozen=True, kw_only=True, tag="because"):
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


class Served(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Where one version is served."""

    model: str
    version: int
    addresses: list[str]


class Serving(msgspec.Struct, frozen=True, kw_only=True, tag="serving"):
    """Where the versions in question are served now."""

    id: int
    served: list[Served]


class Noted(msgspec.Struct, frozen=True, kw_only=True, tag="noted"):
    """The host knows."""

    id: int


class Prepare(msgspec.Struct, frozen=True, kw_only=True, tag="prepare"):
    """Control: lock, build and check this bundle, whose files are all in the blob store. Answered by Progress*, then Prepared or Failed."""

    id: int
    model: str
    manifest: Manifest


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


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """It can't be done. Nothing half-done is left behind."""

    id: int
    code: str
    """A stable code of docs/reference/errors.md, e.g. `lock_failed`, `build_failed`, `check_failed`, `not_found`, `paused`."""
    detail: str
    hint: str = ""
    step: str = ""
    log: str = ""
    """The last lines of what the failed program said: for the owner, never for callers."""
    retry_after: float | None = None
    """Seconds after which it may go better; None: not by itself."""


class Describe(msgspec.Struct, frozen=True, kw_only=True, tag="describe"):
    """Control and gateways: what is this machine, and what runs on it? Answered by Described."""

    id: int
    machine: bool = True
    """Whether the machine is asked for, too: to look for its interpreters can take seconds."""


class Described(msgspec.Struct, frozen=True, kw_only=True, tag="described"):
    """The machine and its replicas, as plain facts for `unshelf doctor` and `unshelf show`."""

    id: int
    machine: dict[str, Any]
    """Empty when it was not asked for."""
    replicas: list["Replica"]


class Replica(msgspec.Struct, frozen=True, kw_only=True):
    """One worker process."""

    model: str
    version: int
    pid: int
    address: str
    state: Literal["starting", "serving", "stopping"]
    memory_bytes: int
    started_at: float
    last_used_at: float
    requests: int
    started_by: Literal["fork", "spawn"] = "spawn"
    """Forked from the warm process of its environment, or started from nothing."""
    spawned_because: str = ""
    """Why it was not forked."""
    tier: str = ""
    limits: list[str] = []
    """What really holds, e.g. `memory 1 GiB (cgroup v1)`."""
    gpus: list[str] = []
    """The GPUs that are its own, by index or UUID."""


class Forget(msgspec.Struct, frozen=True, kw_only=True, tag="forget"):
    """Control: these are gone from the registry; delete their folders. Answered by Forgotten. Unknown ones are no error."""

    id: int
    bundles: list[str] = []
    environments: list[str] = []


class Forgotten(msgspec.Struct, frozen=True, kw_only=True, tag="forgotten"):
    """They are gone from disk."""

    id: int


ToHost = Wake | Prepare | Describe | Forget | Stuck | Why | InFlight
FromHost = Awake | Progress | Prepared | Failed | Described | Forgotten | Because | Serving | Noted
