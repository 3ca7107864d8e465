"""Events of a build: how far each step has come."""

import msgspec

from unshelf.develop.environments.build_events import BuildEnd, BuildEvent, steps_of


def test_steps_are_as_far_as_their_last_event_says() -> None:
    events = [
        BuildEvent(step="lock", state="started", detail="2 requirements"),
        BuildEvent(step="lock", state="done", detail="5 packages", seconds=0.5),
        BuildEvent(step="build", state="started"),
        BuildEvent(step="build", state="info", detail="waiting for a free place"),
        BuildEnd(state="failed"),
    ]
    lines = [msgspec.json.encode(event).decode() for event in events]
    assert [(step.step, step.state, step.detail, step.seconds) for step in steps_of(lines)] == [
        ("lock", "done", "5 packages", 0.5),
        ("build", "started", "waiting for a free place", None),
    ]
