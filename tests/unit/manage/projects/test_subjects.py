"""Projects as subjects: by their name, seen by members."""

from pathlib import Path

from tests.support.subjects import subject_world
from unshelf.manage.projects.subjects import project_kind


def test_a_project_is_found_by_its_name(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world, world.database.read() as session:
        facts = project_kind().find(session, "risk")
        assert facts is not None
        assert (facts.title, facts.subject.project, facts.scope.project, facts.page) == (
            "Risk",
            "risk",
            "risk",
            "/projects/risk",
        )
        assert project_kind().find(session, "none") is None
