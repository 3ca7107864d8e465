"""A notification, the ways it goes, and the narrow views of the capabilities that carry it there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.events.event import Subject

AddressOf = Callable[[Session, str], str | None]
"""Finds the e-mail address of a person; None: there is none, or the person is not to be written to any more."""
PersonNow = Callable[[str], Actor | None]
"""Finds somebody by the id, with what they may do now; None: nothing any more."""
DEFAULT_CHOICE = "default"
"""The name of the choice for every kind without one of its own."""


@dataclass(frozen=True, kw_only=True)
class NotificationKind:
    """A kind of notification that a capability sends."""

    name: str
    """A noun and a verb, as of events: `webhook.disabled`."""
    description: str
    """A sentence for people who choose."""
    of_subject: bool = False
    """Whether only those hear of it who may see its subject, up to the moment in which it is sent; false: it is addressed to
    somebody, such as the answer to a request."""


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A message to people about something."""

    kind: str
    title: str
    body: str
    """Plain text."""
    link: str
    """A path of this server; empty: there is nothing to open."""
    subject: Subject
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class InboxEntry:
    """A notification in somebody's inbox."""

    id: str
    notification: Notification
    read_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Channels:
    """The ways that a person wants notifications to go; none: they get nothing."""

    inbox: bool = True
    email: bool = True
    """To the address of the person's account, where the operator has set up e-mail."""
    webhook: bool = True
    """To the webhooks that the person has registered."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How a person wants notifications of one kind."""

    kind: str
    description: str
    channels: Channels
    chosen: bool
    """Whether the person chose this; false: it follows from `default`."""


MayHear = Callable[[Session, str, Notification], bool]
"""Whether a person, by the id, may still hear of something."""


class Letter(Protocol):
    """A kind of e-mail to people who have no inbox yet, with a secret link that is nowhere but in the e-mail."""

    def address_of(self, session: Session, person: str) -> str | None:
        """Return where it goes; None: to nobody any more."""
        ...

    def link_of(self, session: Session, person: str) -> str | None:
        """Make the link, in a transaction of its own, at each attempt to send it; None: it is not to be sent any more."""
        ...


class MailOutbox(Protocol):
    """Takes notifications that go by e-mail."""

    def reaches(self, session: Session, person: str, kind: str) -> bool:
        """Whether the person can be written to about this kind of thing."""
        ...

    def add(self, session: Session, notification: str) -> None:
        """Have a stored notification sent, in the caller's transaction."""
        ...


class WebhookOutbox(Protocol):
    """Takes notifications that go to webhooks."""

    def add(
        self, session: Session, notification: Notification, people: Sequence[str], *, is_for_project: bool = True
    ) -> None:
        """Have it sent to the webhooks of these people and of the subject's project, in the caller's transaction."""
        ...
