"""Activity on the wire has what people read, and no chain."""

from pathlib import Path

from tests.support.asgi import caller_of
from tests.support.subjects import member, subject_world
from unshelf.foundation.events.event import model_subject
from unshelf.manage.activity.routes import router
from unshelf.manage.activity.service import ActivityService


def test_an_event_is_shown_with_what_it_changed(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        vera = member("vera", "risk", "viewer")
        with world.database.transaction() as session:
            world.events.record(
                session, vera, "alias.removed", model_subject("alias", "churn@old", "churn", project="risk"),
                before={"version": 1}, reason="stale",
            )  # fmt: skip
        shown = caller_of(vera, router(ActivityService(world.database, world.subjects)))("GET", "/activity").json()[
            "events"
        ][0]
    assert (shown["actor"], shown["action"], shown["kind"], shown["name"]) == (
        "vera",
        "alias.removed",
        "alias",
        "churn@old",
    )
    assert (shown["detail"], shown["reason"], shown["project"], shown["model"]) == (
        {"version": 1},
        "stale",
        "risk",
        "churn",
    )
