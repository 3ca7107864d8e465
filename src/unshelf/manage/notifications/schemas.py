"""Notifications on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.notifications.notification import Choice, InboxEntry


class NotificationView(AnswerModel):
    """A notification in one's inbox."""

    id: str
    """The id of the notification."""
    kind: str
    """The kind: `webhook.disabled` …"""
    title: str
    """One line."""
    body: str
    """Plain text."""
    link: str
    """A path of this server; empty: there is nothing to open."""
    subject_kind: str
    """The kind of the thing that it is about."""
    subject: str
    """The thing that it is about."""
    project: str | None
    """The project that the thing belongs to."""
    created_at: datetime
    """When it came."""
    read_at: datetime | None
    """When it was marked read; null: it is unread."""


class NotificationList(AnswerModel):
    """Notifications, the newest first."""

    notifications: list[NotificationView]
    """The items of this page."""
    unread: int
    """How many are unread in all."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class ReadRequest(RequestModel):
    """Notifications to mark read."""

    ids: list[str] | None = Field(default=None, max_length=500)
    """Their ids; null: all that there are."""


class ReadAnswer(AnswerModel):
    """The count of notifications that were marked read."""

    read: int
    """How many became read."""


class ChannelsRequest(RequestModel):
    """The ways that notifications of a kind shall go."""

    inbox: bool
    """Into the inbox."""
    email: bool
    """To the e-mail address of the account."""
    webhook: bool
    """To one's own webhooks."""


class ChoiceView(ChannelsRequest):
    """How notifications of a kind go."""

    kind: str
    """The kind; `default`: every kind without a choice of its own."""
    description: str
    """A sentence about the kind."""
    chosen: bool
    """Whether it was chosen; false: it follows from `default`."""


class ChoiceList(AnswerModel):
    """How each kind of notification goes."""

    choices: list[ChoiceView]
    """The choices, `default` first."""


def notification_view(entry: InboxEntry) -> NotificationView:
    """Show an entry of an inbox."""
    told = entry.notification
    return NotificationView(
        id=entry.id, kind=told.kind, title=told.title, body=told.body, link=told.link, subject_kind=told.subject.kind,
        subject=told.subject.name, project=told.subject.project, created_at=told.created_at, read_at=entry.read_at,
    )  # fmt: skip


def choice_view(choice: Choice) -> ChoiceView:
    """Show a choice."""
    channels = choice.channels
    return ChoiceView(
        kind=choice.kind, description=choice.description, chosen=choice.chosen, inbox=channels.inbox,
        email=channels.email, webhook=channels.webhook,
    )  # fmt: skip
