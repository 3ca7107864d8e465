"""Environments, their names and builds on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from unshelf.contracts.bundle import MAX_HASHES_CHARACTERS, MAX_REQUIREMENT_CHARACTERS, MAX_REQUIREMENTS
from unshelf.foundation.web.schemas import AnswerModel, RequestModel

MOST_LOCK_CHARACTERS = 7 << 20
_Requirement = Annotated[str, Field(max_length=MAX_REQUIREMENT_CHARACTERS + MAX_HASHES_CHARACTERS)]
_Reference = Annotated[str, Field(max_length=200)]
Notes = Annotated[str, Field(max_length=10_000)]


class Environment(AnswerModel):
    """One environment."""

    hash: str
    """The hash of its lock, which is its name."""
    python: str
    """The Python version."""
    packages: int
    """How many packages are in it."""
    created_at: datetime
    """When it was built."""
    versions: list[str]
    """The references of the versions that use it, as far as the actor may see them."""


class Environments(AnswerModel):
    """Environments, newest first."""

    environments: list[Environment]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class EnvironmentDeprecation(AnswerModel):
    """Notice that an environment should not be used any more; it still can."""

    note: str
    """The reason."""
    successor: str
    """The one to use instead, such as `base:4`; empty: nothing was said."""
    at: datetime
    """When it was deprecated."""
    by: str
    """The label of who did that."""


class EnvironmentOrigin(AnswerModel):
    """The things that a version was made from."""

    requirements: list[str]
    """Requirements, as they were given."""
    base: str
    """The environment that they were added to; empty: none."""
    version: str
    """The version of a model whose environment it is, or was added to; empty: none."""
    lock: bool
    """Whether it was made from a lock, as it is."""
    file: str
    """The name of the file that was read; empty: none."""


class NamedEnvironmentVersion(AnswerModel):
    """One version of a named environment."""

    number: int
    """The number: 1, 2, 3 …"""
    reference: str
    """The reference: `base:3`."""
    environment: str
    """The hash."""
    python: str
    """The Python version, in full."""
    packages: int
    """How many packages are in it."""
    bytes: int | None
    """Size on disk; null: not measured."""
    origin: EnvironmentOrigin
    """The things that it was made from."""
    notes: str
    """Notes on the version."""
    deprecation: EnvironmentDeprecation | None
    """Notice that it should not be used any more; null: none."""
    in_use: bool
    """Whether anything runs in it, or may run again."""
    created_at: datetime
    """When it was made."""
    created_by: str
    """The label of who made it."""


class NamedEnvironment(AnswerModel):
    """A name whose versions are environments."""

    name: str
    """The name."""
    project: str | None
    """The project that it belongs to; null: the installation, where administrators curate it."""
    notes: str
    """Notes for those who choose one."""
    is_default: bool
    """Whether it is taken where nobody names one."""
    restricted: bool
    """Whether only some groups and projects may use it."""
    deprecation: EnvironmentDeprecation | None
    """Notice that none of its versions should be used any more; null: none."""
    in_use: bool
    """Whether anything runs in one of its versions."""
    latest: NamedEnvironmentVersion | None
    """The version that the name alone leads to: the highest that is not deprecated, or the highest; null: it has none."""
    created_at: datetime
    """When it was made."""
    created_by: str
    """The label of who made it."""


class NamedEnvironmentList(AnswerModel):
    """Named environments, by name."""

    environments: list[NamedEnvironment]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class NamedEnvironmentDetail(NamedEnvironment):
    """A named environment with its versions."""

    versions: list[NamedEnvironmentVersion]
    """All versions, the latest first."""
    groups: list[str]
    """The groups that may use it, where it is restricted."""
    projects: list[str]
    """The projects in which it may be used, where it is restricted."""
    may_change: bool
    """Whether the actor of this call may change it."""


class EnvironmentDeprecationRequest(RequestModel):
    """A deprecation."""

    note: str = Field(default="", max_length=1000, examples=["numpy 2.0 has a fault in this release."])
    """The reason."""
    successor: _Reference = ""
    """The one to use instead; empty: nothing is said."""
    version: int | None = Field(default=None, ge=1)
    """The version; null: all of it."""
    withdrawn: bool = False
    """Whether the deprecation is taken back."""


class NamedEnvironmentChange(RequestModel):
    """Changes of a named environment; null leaves a thing as it is."""

    notes: Notes | None = None
    """Notes for those who choose one."""
    is_default: bool | None = None
    """Whether it is taken where nobody names one; another default then is none any more."""
    deprecation: EnvironmentDeprecationRequest | None = None
    """A deprecation, or its end."""
    reason: str = Field(default="", max_length=1000)
    """A sentence for those who read the events."""


class EnvironmentAccessRequest(RequestModel):
    """The groups and projects that may use a curated environment."""

    restricted: bool
    """Whether only these groups and projects may use it."""
    groups: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=200)
    """Names of groups."""
    projects: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=200)
    """Names of projects."""
    reason: str = Field(default="", max_length=1000)
    """A sentence for those who read the events."""


class PackageInEnvironment(AnswerModel):
    """A package."""

    name: str
    """The name."""
    version: str
    """The version; empty for one that is pinned by the hash of its archive alone."""


class EnvironmentUser(AnswerModel):
    """A thing that runs in an environment."""

    kind: str
    """A noun: version, job."""
    name: str
    """The reference or the id."""
    page: str
    """The path of its API, from `/api/v1` on."""


class EnvironmentDetail(AnswerModel):
    """One environment: its packages and who uses it."""

    hash: str
    """The hash of its lock."""
    reference: str
    """The reference that was asked for, for good: `base:3`, `iris:7`, or the hash."""
    python: str
    """The Python version, in full."""
    bytes: int | None
    """Size on disk; null: not measured."""
    created_at: datetime
    """When it was built first."""
    packages: list[PackageInEnvironment]
    """All packages, by name."""
    names: list[str]
    """The versions of named environments that it is, as far as the actor may see them."""
    used_by: list[EnvironmentUser]
    """Things that run in it, as far as the actor may see them; at most 200 of a kind."""
    warning: str
    """A sentence where it is deprecated; empty: it is not."""


class ChangedPackage(AnswerModel):
    """A package of which two environments have different versions."""

    name: str
    """The name."""
    before: str
    """The version in the first."""
    after: str
    """The version in the second."""


class EnvironmentDiff(AnswerModel):
    """The way from one environment to another."""

    before: str
    """The reference of the first."""
    after: str
    """The reference of the second."""
    python_before: str
    """The Python version of the first."""
    python_after: str
    """The Python version of the second."""
    added: list[PackageInEnvironment]
    """Packages that only the second has."""
    removed: list[PackageInEnvironment]
    """Packages that only the first has."""
    changed: list[ChangedPackage]
    """Packages that both have in different versions."""
    unchanged: int
    """How many packages are the same in both."""


class EnvironmentBuildRequest(RequestModel):
    """The next version of a named environment: from requirements, alone or added to another environment; from a lock, as it is; or
    from another environment, as it is."""

    name: str = Field(max_length=64, examples=["pricing"])
    """The name, which may be new."""
    project: Annotated[str, Field(max_length=64)] | None = None
    """The project that a new name belongs to; null: `default`. A name that is there stays where it is."""
    curated: bool = False
    """Whether a new name belongs to the installation, where administrators curate it."""
    python: str = Field(default="", max_length=40, examples=["3.11"])
    """The Python version; empty: that of `base` or `version`, else the server's."""
    requirements: list[_Requirement] = Field(default=[], max_length=MAX_REQUIREMENTS, examples=[["pandas>=2"]])
    """Requirements as of PEP 508. They are added to those of `base` or `version`, whose packages stay as they are."""
    constraints: list[_Requirement] = Field(default=[], max_length=MAX_REQUIREMENTS)
    """Bounds on packages, which ask for none."""
    lock: str = Field(default="", max_length=MOST_LOCK_CHARACTERS)
    """The text of a pylock.toml; empty: none."""
    base: _Reference = ""
    """A named environment or a hash; empty: none."""
    version: _Reference = ""
    """A version of a model, whose environment it is; empty: none."""
    file: str = Field(default="", max_length=200, examples=["conda.yaml"])
    """The name of the file that the requirements were read from, for people."""
    notes: Notes = ""
    """Notes on the version."""


class EnvironmentBuildAccepted(AnswerModel):
    """The build has begun."""

    id: str
    """The id: follow it at /environments/builds/{id}/events."""


class BuildStep(AnswerModel):
    """How far a step has come."""

    step: Literal["lock", "build", "register"]
    """The step."""
    state: Literal["started", "done", "failed"]
    """How far it is."""
    detail: str
    """The last thing that it reported."""
    seconds: float | None
    """How long it took; null: it is not done."""


class BuildError(AnswerModel):
    """Why a build failed, and what to do."""

    code: str
    """The code of the problem."""
    step: str
    """The step that failed."""
    detail: str
    """The error in a sentence, with the package that it is about."""
    hint: str
    """The next thing to do."""
    log: str
    """The last lines of what the failed program said."""


class EnvironmentBuild(AnswerModel):
    """The making of a version of a named environment."""

    id: str
    """The id, which sorts by time."""
    name: str
    """The name of the environment."""
    project: str | None
    """The project that it belongs to; null: the installation."""
    state: Literal["running", "done", "failed"]
    """How far it is."""
    steps: list[BuildStep]
    """The steps that have begun, in their order."""
    origin: EnvironmentOrigin
    """The things that it is made from."""
    version: int | None
    """The number of the version; null: there is none."""
    error: BuildError | None
    """Why it failed; null: it did not."""
    created_at: datetime
    """When it was begun."""
    by: str
    """The label of the actor who began it."""
    ended_at: datetime | None
    """When it was over; null: it runs."""


class EnvironmentBuildList(AnswerModel):
    """Builds, the newest first."""

    builds: list[EnvironmentBuild]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
