"""Activity of a subject is what was done to it, and to no other of its model."""

from pathlib import Path

from tests.support.subjects import member, subject_world
from unshelf.foundation.events.event import model_subject
from unshelf.manage.activity.service import ActivityService


def test_activity_of_a_version_is_its_own(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        vera = member("vera", "risk", "viewer")
        with world.database.transaction() as session:
            for number in (1, 2, 1):
                subject = model_subject("version", f"churn:{number}", "churn", project="risk")
                world.events.record(session, vera, "version.paused", subject)
        activity = ActivityService(world.database, world.subjects)
        assert [each.subject.name for each in activity.of(vera, "version", "churn:1", limit=9).items] == ["churn:1"] * 2
        assert len(activity.of(vera, "model", "churn", limit=9).items) == 3
