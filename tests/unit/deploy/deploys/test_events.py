"""Events of a deploy: how far each step has come."""

from unshelf.deploy.deploys.events import DeployEvent, encode_event, steps_of

STARTED = DeployEvent(step="lock", state="started")
DONE = DeployEvent(step="lock", state="done", detail="3 packages", seconds=0.5)


def test_steps_tell_how_far_each_has_come() -> None:
    lines = [
        encode_event(event)
        for event in (
            STARTED,
            DONE,
            DeployEvent(step="build", state="started"),
            DeployEvent(step="build", state="info", detail="fetching numpy"),
        )
    ]
    assert [(one.step, one.state, one.detail, one.seconds) for one in steps_of(lines)] == [
        ("lock", "done", "3 packages", 0.5),
        ("build", "started", "fetching numpy", None),
    ]
