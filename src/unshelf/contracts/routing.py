"""The routing table: all that gateways and host need to serve, published by control as one file by atomic replace."""

import msgspec

from unshelf.contracts.bundle import AS_IT_COMES, Batching, Loader, Recording
from unshelf.contracts.signature import Signature

ROUTING_FORMAT = 1
ROUTING_FILE = "routing.json"
"""The table's file name in the run folder."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How much may be asked; None: as much as one likes. Each gateway holds its part of a limit."""

    rate: float | None = None
    """Requests a second, in the long run."""
    burst: int | None = None
    """Requests that may come at once after a pause; None: a second's worth."""
    concurrency: int | None = None
    """Requests at a time."""


class KeyRoute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An API key as the gateway knows it; stored under the SHA-256 of its token, so that the token is nowhere on disk."""

    id: str
    name: str
    role: str
    """`predict`, `deploy` or `admin`."""
    models: list[str] | None = None
    """Glob patterns of the model names it is good for; None: every model."""
    expires_at: float | None = None
    """Unix time in seconds."""
    limits: Limits | None = None


class VersionRoute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version, ready to be served."""

    bundle: str
    """The manifest's digest; its folder is `bundles/<digest>` under the home folder."""
    environment: str
    """The environment's hash; its folder is `environments/<hash>` under the home folder."""
    signature: Signature
    batchable: bool = False
    fork_safe: bool = False
    modules: list[str] = []
    """Told in the table's `warm` since the second release; a reader need not look here."""
    paused: bool = False
    timeout: float = 30.0
    min_replicas: int = 0
    idle_seconds: float = 300.0
    platform: str = ""
    """The loader's kind and format as Open Inference V2 metadata shows them, e.g. `sklearn_skops`."""
    recording: Recording = Recording()
    max_replicas: int = 1
    tier: str = "small"
    memory_bytes: int = 0
    """Peak resident memory of its check: what a worker of it may be expected to take; 0: not known."""
    batching: Batching = AS_IT_COMES
    streams: bool = False
    """Whether its check saw it yield its answer in chunks."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A version's part of the traffic that comes by name."""

    version: int
    percent: float


class ModelRoute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model: its versions by number, its aliases, and the shares of its current release (empty: none is live)."""

    versions: dict[int, VersionRoute]
    aliases: dict[str, int] = {}
    release: list[Share] = []
    paused: bool = False
    limits: Limits | None = None


class RoutingTable(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole table. `generation` grows with every change."""

    format: int = ROUTING_FORMAT
    generation: int
    keys: dict[str, KeyRoute] = {}
    models: dict[str, ModelRoute] = {}
    warm: dict[str, list[str]] = {}
    """Environment → the third-party modules that its versions import, those apart that may not be forked: told once, because
    a thousand versions share a few environments."""

    def __post_init__(self) -> None:
        if self.format != ROUTING_FORMAT:
            raise ValueError(
                f"routing table format {self.format} is not known here (this release reads {ROUTING_FORMAT})"
            )


def platform_of(loader: Loader) -> str:
    """What Open Inference V2 metadata calls the model's platform."""
    return f"{loader.kind}_{loader.format}" if loader.format else loader.kind
