"""Routing state: all that gateways and host need to serve, published by control as an index and content-addressed parts.

`run/routing/index.json` names the parts in force; each is a file `run/routing/<digest>.json` that never changes. A part is
`models/NAME` (a ModelRoute), `keys/SHARD` (KeyRoute by the SHA-256 of the token) or `warm` (modules by environment)."""

import hashlib
from typing import Literal

import msgspec

from unshelf.contracts.bundle import DEFAULT_BATCHING, Batching, Loader, Recording
from unshelf.contracts.signature import Signature

ROUTING_FORMAT = 2
ROUTING_FOLDER = "routing"
"""The folder's name in the run folder."""
INDEX_FILE = "index.json"
PART_SUFFIX = ".json"
WARM_PART = "warm"
SHARD_DIGITS = 2
"""Keys are divided by the first digits of their tokens' SHA-256: into 256 shards."""
_MODELS, _KEYS = "models/", "keys/"


class RequestLimits(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """How much may be asked; None: as much as one likes. Each gateway holds its part of a limit."""

    rate: float | None = None
    """Requests a second, in the long run."""
    burst: int | None = None
    """Requests that may come at once after a pause; None: a second's worth."""
    concurrency: int | None = None
    """Requests at a time."""


class CallScope(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Models that somebody may call or see."""

    project: str = ""
    """The project that they belong to; empty: any."""
    model: str = "*"
    """A glob pattern of their names."""
    visibility: str = "private"
    """The least open that they are: private (any), internal or public."""


class KeyRoute(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A token as the gateway knows it; stored under the SHA-256 of the token, so that the token is nowhere on disk."""

    id: str
    name: str
    permissions: tuple[str, ...] = ()
    """The permissions of the key, as in `contracts.permissions`."""
    models: list[str] | None = None
    """Glob patterns of the model names it is good for; None: every model."""
    calls: tuple[CallScope, ...] | None = None
    """Models that its owner may call; None: `models` says it all."""
    sees: tuple[CallScope, ...] = ()
    """Models that its owner may see, where `calls` says which may be called: others are unknown to them."""
    bounds: tuple[CallScope, ...] | None = None
    """Models that the token is good for, of those that its owner may call; None: all of them."""
    expires_at: float | None = None
    """Unix time in seconds."""
    limits: RequestLimits | None = None


class VersionRoute(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One version, ready to be served."""

    bundle: str
    """The manifest's digest; its folder is `bundles/<digest>` under the home folder."""
    environment: str
    """The environment's hash; its folder is `environments/<hash>` under the home folder."""
    signature: Signature
    batchable: bool = False
    fork_safe: bool = False
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
    batching: Batching = DEFAULT_BATCHING
    streams: bool = False
    """Whether its check saw it yield its answer in chunks."""
    env: dict[str, str] = {}
    """Environment variables of its workers, as its manifest has them."""
    secrets: int = 0
    """The revision of its model's secrets, which grows with every change of them; 0: there are none. Their values are not here."""
    network: Literal["full", "none"] = "full"
    """The network of its workers: the server's, or none but what is granted."""
    allow: list[str] = []
    """The grants, as `[network] allow` has them."""
    price: float = 0.0
    """The price of the tier an hour; 0: it has none."""
    currency: str = ""
    """The currency of that price."""
    elsewhere: bool = False
    """Whether it runs on other infrastructure: nobody starts it or asks it for predictions; its signature types its records."""


class Share(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A version's part of the traffic that comes by name."""

    version: int
    percent: float


class ModelRoute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model: its versions by number, its aliases, and the shares of its current release (empty: none is live)."""

    versions: dict[int, VersionRoute]
    aliases: dict[str, int] = {}
    release: list[Share] = []
    paused: bool = False
    limits: RequestLimits | None = None
    project: str = "default"
    """The project that it belongs to."""
    visibility: str = "private"
    """The visibility beside its project: private, internal or public."""
    origins: list[str] = []
    """The origins of web pages whose scripts may call it from a browser, as browsers write them."""
    has_quota: bool = False
    """Whether a quota of what runs covers it: then versions that are called by number take no more than the model counts."""


class RoutingIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The parts in force. `generation` grows with every change of them."""

    generation: int
    parts: dict[str, str] = {}
    """Part → digest of its content."""
    format: int = ROUTING_FORMAT

    def __post_init__(self) -> None:
        if self.format != ROUTING_FORMAT:
            raise ValueError(f"routing format {self.format} is not known here (this release reads {ROUTING_FORMAT})")


class RoutingTable(msgspec.Struct, frozen=True, kw_only=True):
    """The content of all parts of one generation."""

    generation: int
    keys: dict[str, KeyRoute] = {}
    """SHA-256 of the token → key."""
    models: dict[str, ModelRoute] = {}
    warm: dict[str, list[str]] = {}
    """Environment → the third-party modules that its versions import, except those that may not be forked."""


def model_part(name: str) -> str:
    """The name of the part that holds a model."""
    return _MODELS + name


def keys_part(token_sha256: str) -> str:
    """The name of the part that holds the key with this token's SHA-256, of its shard, or of the shard's own name."""
    return _KEYS + token_sha256[:SHARD_DIGITS]


def model_of(part: str) -> str | None:
    """The model that a part holds; None for another kind of part."""
    return part.removeprefix(_MODELS) if part.startswith(_MODELS) else None


def shard_of(part: str) -> str | None:
    """The shard of keys that a part holds; None for another kind of part."""
    return part.removeprefix(_KEYS) if part.startswith(_KEYS) else None


def part_digest(content: bytes) -> str:
    """The digest by which a part's file is named: BLAKE2b, 128 bits."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def main_version(shares: list[Share]) -> int | None:
    """The version that a model's bare name stands for where one is needed: the greatest share, then the highest number.

    None when nothing is live."""
    live = [share for share in shares if share.percent > 0]
    return max(live, key=lambda share: (share.percent, share.version)).version if live else None


def platform_of(loader: Loader) -> str:
    """Name the model's platform as Open Inference V2 metadata does."""
    return f"{loader.kind}_{loader.format}" if loader.format else loader.kind
