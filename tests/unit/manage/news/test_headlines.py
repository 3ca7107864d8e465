"""What is said of events."""

from datetime import UTC, datetime
from typing import Any

import pytest

from unshelf.foundation.events.event import LoggedEvent, model_subject
from unshelf.manage.news.headlines import FOLLOWED, headline, kind_of_news


def event(action: str, name: str, after: dict[str, Any] | None = None) -> LoggedEvent:
    return LoggedEvent(
        id="e", sequence=1, previous_hash=None, hash=None, time=datetime(2026, 1, 1, tzinfo=UTC), actor_id="a",
        actor_kind="user", actor_label="ana (01k0)", action=action, subject=model_subject("x", name, "iris"),
        before=None, after=after, reason="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("action", "after", "line", "text"),
    [
        ("version.registered", {}, "ana registered iris:3", ""),
        (
            "release.changed", {"release": [{"version": 3, "percent": 25.0}, {"version": 2, "percent": 75.0}]},
            "ana changed the release of iris", "Now: version 3 (25 %), version 2 (75 %).",
        ),
        ("release.rolled_back", {"release": []}, "ana rolled back iris", "Now: no version is live."),
        ("data.added", {"version": 2}, "ana added version 2 of iris:3", ""),
        ("goal.value_noted", {"value": 0.8, "source": "March"}, "ana noted 0.8 for the goal Iris", "March"),
        ("project.changed", {"title": "x"}, "ana changed the project Iris", "Changed: title."),
    ],
)  # fmt: skip
def test_each_event_has_its_headline(action: str, after: dict[str, Any], *, line: str, text: str) -> None:
    assert headline(event(action, "iris:3", after), "Iris") == (line, text)
    assert kind_of_news(action) in {kind.name for kind in FOLLOWED}


def test_what_nobody_is_told_is_no_news() -> None:
    assert kind_of_news("tag.added") is None
