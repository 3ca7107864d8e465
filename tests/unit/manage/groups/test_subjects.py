"""Groups are found by name and description."""

from pathlib import Path

from tests.support.subjects import subject_world
from unshelf.foundation.clock import now
from unshelf.manage.groups.subjects import group_source
from unshelf.manage.groups.tables import GroupRow


def test_a_group_is_described_by_its_words(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        with world.database.transaction() as session:
            session.add(GroupRow(id="1", name="team", description="Risk.", created_at=now(), created_by="ana"))
        with world.database.read() as session:
            (found,) = group_source().documents(session, ["team", "gone"])
            assert list(session.scalars(group_source().names)) == ["team"]
    assert (found.subject.kind, found.subject.name, found.text, found.page) == (
        "group",
        "team",
        "Risk.",
        "/groups/team",
    )
