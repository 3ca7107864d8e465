"""Notifications and choices as the API shows them."""

from datetime import UTC, datetime

from unshelf.foundation.events.event import Subject
from unshelf.manage.notifications.notification import Channels, Choice, InboxEntry, Notification
from unshelf.manage.notifications.schemas import choice_view, notification_view

MOMENT = datetime(2026, 5, 1, tzinfo=UTC)


def test_a_notification_names_its_subject_and_project() -> None:
    subject = Subject(kind="request", name="r1", project="credit")
    told = Notification(kind="k", title="t", body="b", link="/x", subject=subject, created_at=MOMENT)
    shown = notification_view(InboxEntry(id="n1", notification=told, read_at=None))
    assert (shown.id, shown.subject_kind, shown.subject, shown.project) == ("n1", "request", "r1", "credit")
    assert (shown.link, shown.created_at, shown.read_at) == ("/x", MOMENT, None)


def test_a_choice_shows_each_channel() -> None:
    channels = Channels(inbox=True, email=False, webhook=True)
    shown = choice_view(Choice(kind="k", description="D.", channels=channels, chosen=True))
    assert (shown.inbox, shown.email, shown.webhook, shown.chosen) == (True, False, True, True)
