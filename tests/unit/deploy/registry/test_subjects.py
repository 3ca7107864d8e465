"""Models and versions as subjects: by reference; what was removed is none."""

from pathlib import Path

import pytest

from tests.support.actors import actor, user
from tests.support.deploying import Deploying
from tests.support.subjects import subject_world
from unshelf.deploy.registry.subjects import model_kind, version_kind, versions_of_jobs


@pytest.mark.parametrize("name", ["churn:3", "churn:0", "churn@other", "churn", "CHURN:1", "", "churn:1:1", "x" * 500])
def test_what_names_no_version_is_none(tmp_path: Path, name: str) -> None:
    with subject_world(tmp_path) as world, world.database.read() as session:
        assert version_kind().find(session, name) is None


def test_a_version_has_the_place_of_its_model(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world, world.database.read() as session:
        facts = version_kind().find(session, "churn:1")
        assert facts is not None
        assert (facts.title, facts.scope.model, facts.scope.project) == ("churn, version 1", "churn", "risk")


def test_a_removed_model_is_none_and_its_removal_is_told(deploying: Deploying) -> None:
    """Given a model with two versions, removing one and then the model tells whoever keeps something about them."""
    told: list[tuple[str, list[str]]] = []
    deploying.subjects.on_removed(lambda session, kind, names: told.append((kind, names)))
    deploying.register("iris")
    deploying.register("iris", b"other")
    deploying.registry.remove("iris:1", actor())
    assert told == [("version", ["iris:1"])]
    with deploying.database.read() as session:
        assert model_kind().find(session, "iris") is not None
    deploying.registry.remove("iris", actor())
    assert told[1:] == [("version", ["iris:2"]), ("model", ["iris"])]
    with deploying.database.read() as session:
        assert model_kind().find(session, "iris") is None
        assert model_kind().find(session, "IRIS?") is None


def test_a_version_names_the_job_that_left_its_files_to_those_who_see_its_model(deploying: Deploying) -> None:
    deploying.register("iris")
    deploying.register("iris", b"trained", job="j1")
    with deploying.database.read() as session:
        found = versions_of_jobs(session, actor(), ["j1", "j2"])
        assert [(use.job, use.kind, use.name, use.page) for use in found] == [
            ("j1", "version", "iris:2", "/models/iris:2")
        ]
        assert versions_of_jobs(session, None, ["j1"]) == found
        assert versions_of_jobs(session, user("nora", fraud="viewer"), ["j1"]) == []
