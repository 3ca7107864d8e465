"""Support on the wire."""

from typing import Literal, Self

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.monitor.support.service import WantedSupport
from unshelf.monitor.support.support import MINUTES, Contact, Support, SupportLevel


class ContactRequest(RequestModel):
    """A user or a group."""

    kind: Literal["user", "group"] = "user"
    """Whether it is a user or a group."""
    name: str = Field(max_length=64)
    """The login name of the user, or the name of the group."""


class SupportRequest(RequestModel):
    """Support to set, in place of what was set before; null: as the project has it, then as usual."""

    level: SupportLevel | None = None
    """How soon people hear of alerts: best-effort once a day, standard at once, critical until somebody acknowledges them."""
    owner: ContactRequest | None = None
    """The user or group that answers for it."""
    escalate_to: ContactRequest | None = None
    """The user or group that hears of an alert which nobody acknowledged."""
    escalate_after: int | None = Field(default=None, ge=MINUTES[0], le=MINUTES[-1])
    """Minutes without an acknowledgement after which an alert of a critical model is escalated."""

    def wanted(self) -> WantedSupport:
        """The settings as the service takes them."""
        return WantedSupport(
            level=self.level, escalate_after=self.escalate_after,
            owner=None if self.owner is None else (self.owner.kind, self.owner.name),
            escalate_to=None if self.escalate_to is None else (self.escalate_to.kind, self.escalate_to.name),
        )  # fmt: skip


class ContactView(AnswerModel):
    """A user or a group."""

    kind: Literal["user", "group"]
    """Whether it is a user or a group."""
    name: str
    """The login name of the user, or the name of the group."""


class OwnSupport(AnswerModel):
    """The part that a model or project sets itself; null: not set."""

    level: SupportLevel | None
    """The support level."""
    owner: ContactView | None
    """The user or group that answers for it."""
    escalate_to: ContactView | None
    """The user or group that hears of an alert which nobody acknowledged."""
    escalate_after: int | None
    """Minutes."""


class SupportView(AnswerModel):
    """The support of a model or a project."""

    level: SupportLevel
    """How soon people hear of alerts."""
    owner: ContactView | None
    """The user or group that answers for it; null: who deployed its latest version, then the project's owners."""
    escalate_to: ContactView | None
    """The user or group that hears of an alert which nobody acknowledged; null: the project's owners."""
    escalate_after: int
    """Minutes without an acknowledgement after which an alert of a critical model is escalated."""
    own: OwnSupport
    """The part that is set here, not by the project."""

    @classmethod
    def of(cls, support: Support) -> Self:
        """The wire shape of support."""
        own = support.own
        return cls(
            level=support.level, owner=_shown(support.owner), escalate_to=_shown(support.escalate_to),
            escalate_after=support.escalate_after,
            own=OwnSupport(
                level=own.level, owner=_shown(own.owner), escalate_to=_shown(own.escalate_to),
                escalate_after=own.escalate_after,
            ),
        )  # fmt: skip


def _shown(contact: Contact | None) -> ContactView | None:
    return None if contact is None else ContactView(kind=contact.kind, name=contact.name)
