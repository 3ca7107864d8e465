"""Models and versions as values, which others may keep."""

from dataclasses import dataclass
from datetime import datetime

from unshelf.contracts.bundle import Checks, Manifest
from unshelf.contracts.errors import Conflict, InvalidInput, RunsElsewhere
from unshelf.contracts.protocols.host import Replica
from unshelf.contracts.routing import Share
from unshelf.develop.environments.pylock import LockedPackage
from unshelf.foundation.access.scopes import Visibility
from unshelf.manage.limits import Limits


@dataclass(frozen=True, kw_only=True)
class RegisteredModel:
    """A model in a list."""

    name: str
    project: str
    visibility: Visibility
    versions: list[int]
    aliases: dict[str, int]
    release: list[Share]
    """Empty: no version is live."""
    paused: bool
    created_at: datetime
    latest: int
    """The highest version."""
    latest_by: str
    """The label of who deployed it; empty: there is no version."""
    framework: str
    """The kind of its loader: `sklearn`, `python` …; empty: there is no version."""


@dataclass(frozen=True, kw_only=True)
class VersionEntry:
    """A version in its model's list."""

    version: int
    created_at: datetime
    created_by: str
    live_percent: float
    paused: bool


@dataclass(frozen=True, kw_only=True)
class RegisteredVersion:
    """A version with all that is known of it."""

    number: int
    bundle: str
    """The digest of its manifest."""
    environment: str
    """Empty: it runs elsewhere."""
    created_at: datetime
    created_by: str
    paused: bool
    job: str | None
    """The job that left its files; None: none did."""
    manifest: Manifest
    checks: Checks
    packages: list[LockedPackage]
    replicas: list[Replica]
    """The worker processes that hold it now; empty also when the host does not answer."""


@dataclass(frozen=True, kw_only=True)
class InspectedModel:
    """A model with its versions, one of them in full."""

    name: str
    project: str
    visibility: Visibility
    aliases: dict[str, int]
    release: list[Share]
    paused: bool
    versions: list[VersionEntry]
    version: RegisteredVersion
    limits: Limits | None

    @property
    def version_named(self) -> tuple[str, int]:
        """The model's name, and the number of the version that was asked for."""
        return self.name, self.version.number


def must_take_rows(found: InspectedModel) -> None:
    """Raise unless a job here can have this version predict rows: RunsElsewhere, Conflict while it is paused, InvalidInput."""
    name, number = found.version_named
    if found.version.manifest.runs_elsewhere:
        raise RunsElsewhere(
            f"{name}:{number} runs on other infrastructure, and its program is not here.",
            hint=f"Deploy the model here as the next version: unshelf deploy PATH --name {name}.",
        )
    if found.paused or found.version.paused:
        what = name if found.paused else f"{name}:{number}"
        raise Conflict(f"{what} is paused.", hint=f"It takes predictions again after `unshelf resume {what}`.")
    if found.version.checks.signature is None:
        raise InvalidInput(
            f"{name}:{number} was registered without a signature, so it is not known what it takes.",
            hint="Deploy it again.",
        )
