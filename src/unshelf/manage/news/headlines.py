"""Headlines: the kinds of news, and what is said of each event."""

from collections.abc import Mapping
from typing import Any

from unshelf.foundation.events.event import LoggedEvent
from unshelf.manage.notifications.notification import NotificationKind

MENTIONED = NotificationKind(name="comment.mentioned", description="Somebody mentioned you.", of_subject=True)
ASKED = NotificationKind(name="request.made", description="Somebody asks for what you may grant.")
ENDING = NotificationKind(name="access.ending", description="A role, a token or a key of yours ends soon.")
HANDED_OVER = NotificationKind(
    name="belongings.received", description="You took over what somebody who left was responsible for."
)
FOLLOWED = (
    NotificationKind(name="comment.added", description="A comment on something that you follow.", of_subject=True),
    NotificationKind(
        name="version.registered", description="A new version of a model that you follow.", of_subject=True
    ),
    NotificationKind(
        name="release.changed", description="A release or a rollback of a model that you follow.", of_subject=True
    ),
    NotificationKind(
        name="data.added", description="A new version of a dataset that you follow, or whose project.", of_subject=True
    ),
    NotificationKind(
        name="project.changed", description="A change of a project that you follow, or of its goals.", of_subject=True
    ),
)
"""News of what somebody follows."""

_KIND_OF_ACTION = {
    "comment.added": "comment.added",
    "comment.edited": "comment.added",
    "version.registered": "version.registered",
    "release.changed": "release.changed",
    "release.rolled_back": "release.changed",
    "data.added": "data.added",
    "project.changed": "project.changed",
    "project.archived": "project.changed",
    "project.restored": "project.changed",
    "goal.set": "project.changed",
    "goal.changed": "project.changed",
    "goal.value_noted": "project.changed",
}
_MOST_SHARES = 5


def kind_of_news(action: str) -> str | None:
    """Return the kind of news that an action is to those who follow its subject; None: it is none."""
    return _KIND_OF_ACTION.get(action)


def headline(event: LoggedEvent, title: str) -> tuple[str, str]:
    """Say what happened, in a line and a text; `title`: what its subject is called."""
    after, name = event.after or {}, event.subject.name
    who = short_label(event.actor_label)
    if event.action == "version.registered":
        return f"{who} registered {name}", ""
    if event.action.startswith("release."):
        verb = "rolled back" if event.action == "release.rolled_back" else "changed the release of"
        return f"{who} {verb} {event.subject.model or name}", f"Now: {_shares(after)}."
    if event.action == "data.added":
        version = after.get("version")
        return f"{who} added {'a version' if version is None else f'version {version}'} of {name}", ""
    if event.action == "goal.value_noted":
        return f"{who} noted {after.get('value')} for the goal {title}", str(after.get("source", ""))
    noun, _, verb = event.action.partition(".")
    changed = ", ".join(sorted(map(str, after)))
    return f"{who} {verb} the {noun} {title}", f"Changed: {changed}." if changed and verb == "changed" else ""


def short_label(label: str) -> str:
    """Return the name of an actor without the id that makes it unambiguous."""
    return label.partition(" (")[0]


def _shares(after: Mapping[str, Any]) -> str:
    shares = after.get("release") or []
    said = [f"version {share['version']} ({share['percent']:g} %)" for share in shares[:_MOST_SHARES]]
    return ", ".join(said) or "no version is live"
