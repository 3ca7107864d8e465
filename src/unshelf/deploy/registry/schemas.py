"""Models, versions and aliases on the wire."""

from datetime import datetime
from typing import Any

from pydantic import Field

from unshelf.contracts.bundle import Batching, BundleFile, Checks, Loader, Source
from unshelf.contracts.protocols.host import Replica
from unshelf.contracts.references import MOST_VERSIONS
from unshelf.contracts.signature import Signature
from unshelf.foundation.access.scopes import Visibility
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.foundation.web.struct_schemas import struct_field
from unshelf.manage.limits import Limits


class VersionShare(AnswerModel):
    """A version's part of the traffic that comes by the model's name."""

    version: int
    """The version's number."""
    percent: float
    """The share of the requests, 0 to 100."""


class Model(AnswerModel):
    """A model in a list."""

    name: str
    """The name, unique in the installation, which is its address."""
    project: str
    """The project that it belongs to."""
    visibility: Visibility
    """The visibility beside its project: private (those with a role), internal (everybody who is logged in sees it and may request
    access), public (everybody who is logged in may call it)."""
    versions: list[int]
    """The numbers of its versions, lowest first."""
    aliases: dict[str, int]
    """The version that each alias points at."""
    release: list[VersionShare]
    """The live versions; empty: no version is live."""
    paused: bool
    """Whether its predictions are answered with 503 `paused`."""
    created_at: datetime
    """When its first version was registered."""
    latest: int
    """The highest version."""
    latest_by: str
    """The label of the actor who deployed it; empty: there is no version."""
    framework: str
    """The kind of its loader, such as `sklearn`; empty: there is no version."""


class Models(AnswerModel):
    """The models that the actor may see, by name."""

    models: list[Model]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class VersionSummary(AnswerModel):
    """A version in its model's list."""

    version: int
    """The number."""
    created_at: datetime
    """When it was registered."""
    by: str
    """The label of the actor who deployed it."""
    live_percent: float
    """The share of the traffic that comes by name; 0: it is not live."""
    paused: bool
    """Whether its predictions are answered with 503 `paused`."""


class Package(AnswerModel):
    """A package of the version's environment."""

    name: str
    """The normalised name."""
    version: str
    """The exact version; empty: it is pinned by its archive's or commit's hash alone."""


class VersionDetail(AnswerModel):
    """A version with all that is known of it."""

    version: int
    """The number."""
    digest: str
    """The SHA-256 of its manifest."""
    created_at: datetime
    """When it was registered."""
    by: str
    """The label of the actor who deployed it."""
    job: str | None
    """The job that left its files; null: none did."""
    loader: dict[str, Any] = struct_field(Loader)
    """How the model is loaded: its kind, format and files."""
    environment: str
    """The hash of its environment's lock."""
    python: str
    """The Python version of its environment."""
    packages: list[Package]
    """The packages of its environment, by name."""
    signature: dict[str, Any] = struct_field(Signature)
    """The columns or tensors that it takes and returns."""
    checks: dict[str, Any] = struct_field(Checks)
    """The results of the checks before it was registered."""
    contains_code: bool
    """Whether it runs code of its maker, rather than a framework's file format alone."""
    code: dict[str, Any] = struct_field(Source)
    """Where its code comes from: repository, commit and uncommitted changes."""
    files: list[dict[str, Any]] = struct_field(BundleFile)
    """The files: path, SHA-256 and size."""
    description: str
    """A text by its maker."""
    notes: list[str]
    """Decisions made when it was bundled; warnings that it raised are among its checks."""
    paused: bool
    """Whether its predictions are answered with 503 `paused`."""
    replicas: list[dict[str, Any]] = struct_field(Replica)
    """The worker processes that hold it now; empty also when the host does not answer."""
    batching: dict[str, Any] = struct_field(Batching)
    """`max_rows`, `max_bytes`, `wait` in seconds: what is predicted together, where the check allows it."""
    env: dict[str, str]
    """Environment variables of its programs, as its maker gave them; its secrets are not among them."""


class ModelDetail(AnswerModel):
    """A model, its versions, and the one that the reference names."""

    name: str
    """The name."""
    project: str
    """The project that it belongs to."""
    visibility: Visibility
    """The visibility beside its project: private, internal or public."""
    aliases: dict[str, int]
    """The version that each alias points at."""
    release: list[VersionShare]
    """The live versions; empty: no version is live."""
    paused: bool
    """Whether its predictions are answered with 503 `paused`."""
    versions: list[VersionSummary]
    """All its versions, lowest number first."""
    version: VersionDetail
    """The version that the reference names; for a name alone the live one with the greatest share, or the latest."""
    limits: Limits | None
    """How much may be asked of it by all callers together; null: no limit."""


class MoveRequest(RequestModel):
    """Where a model shall go."""

    project: str = Field(max_length=64, examples=["credit-risk"])
    """The name of the project."""
    reason: str = Field(default="", max_length=1000)
    """A sentence for those who read the events."""


class VisibilityRequest(RequestModel):
    """A visibility to give to a model."""

    visibility: Visibility
    """private (those with a role), internal (everybody who is logged in sees it and may request access), public (everybody who is
    logged in may call it)."""
    reason: str = Field(default="", max_length=1000)
    """A sentence for those who read the events."""


class ModelPlace(AnswerModel):
    """The place of a model."""

    name: str
    """The name."""
    project: str
    """The project that it belongs to."""
    visibility: Visibility
    """The visibility beside its project: private, internal or public."""


class AliasRequest(RequestModel):
    """Where an alias shall point."""

    version: int = Field(ge=1, le=MOST_VERSIONS, examples=[3])
    """The version's number."""


class Aliases(AnswerModel):
    """The aliases of a model."""

    aliases: dict[str, int]
    """The version that each alias points at."""
