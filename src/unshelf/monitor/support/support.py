"""The support that a model or a project gets: its level, and the people whom its alerts go to."""

from dataclasses import dataclass
from typing import Literal

from unshelf.manage.access.service import HolderKind

SupportLevel = Literal["best-effort", "standard", "critical"]
"""best-effort: alerts come once a day; standard: at once; critical: at once, and they are escalated until somebody acknowledges them."""
ESCALATE_AFTER_MINUTES = 15
"""The minutes after which an alert of a critical model is escalated, unless somebody sets others."""
MINUTES = range(1, 24 * 60 + 1)


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A user or a group."""

    kind: HolderKind
    id: str
    name: str
    """The login name, or the group's name; the id of one that is gone."""


@dataclass(frozen=True, kw_only=True)
class SupportSettings:
    """Settings of one model or project; None: as its project has it, then as usual."""

    level: SupportLevel | None = None
    owner: Contact | None = None
    """The user or group that answers for it."""
    escalate_to: Contact | None = None
    """The user or group that hears of an alert that nobody acknowledged."""
    escalate_after: int | None = None
    """Minutes without an acknowledgement after which an alert is escalated."""


@dataclass(frozen=True, kw_only=True)
class Support:
    """The support that a model or project gets, with what it sets itself."""

    level: SupportLevel
    owner: Contact | None
    """None: who deployed the latest version of the model, then the owners of the project."""
    escalate_to: Contact | None
    """None: the owners of the project."""
    escalate_after: int
    own: SupportSettings
    """The part that the model or the project sets itself."""

    @classmethod
    def usual(cls) -> "Support":
        """The support of what nobody set any for, and of the installation."""
        return combined(SupportSettings(), SupportSettings())


def combined(model: SupportSettings, project: SupportSettings) -> Support:
    """Return the support of a model: what it sets itself, then what its project sets, then what is usual."""
    after = model.escalate_after or project.escalate_after or ESCALATE_AFTER_MINUTES
    return Support(
        level=model.level or project.level or "standard",
        owner=model.owner,
        escalate_to=model.escalate_to or project.escalate_to,
        escalate_after=after,
        own=model,
    )


def of_project(project: SupportSettings) -> Support:
    """Return the support of a project: what it sets, then what is usual."""
    return Support(
        level=project.level or "standard", owner=project.owner, escalate_to=project.escalate_to,
        escalate_after=project.escalate_after or ESCALATE_AFTER_MINUTES, own=project,
    )  # fmt: skip
