"""Goals are found by what they mean to reach."""

from pathlib import Path

from tests.support.subjects import subject_world
from unshelf.foundation.clock import now
from unshelf.manage.goals.subjects import goal_source
from unshelf.manage.goals.tables import GoalRow


def test_a_goal_is_described_by_its_words(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        with world.database.transaction() as session:
            session.add(
                GoalRow(
                    id="g", project="risk", title="Fewer defaults", description="By a tenth.", metric="auc",
                    direction="at_least", worth="2 M", created_at=now(), created_by="ana",
                )
            )  # fmt: skip
        with world.database.read() as session:
            (found,) = goal_source().documents(session, ["g", "gone"])
    assert (found.subject.project, found.title, found.text) == ("risk", "Fewer defaults", "By a tenth. auc 2 M")
    assert found.page == "/projects/risk/goals/g"
