"""Subjects: found by kind and name, seen by those who may, forgotten everywhere at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.actors import actor
from tests.support.subjects import SubjectWorld, member, person, subject_world
from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.foundation.subjects import SubjectScopes
from unshelf.manage.projects.subjects import project_kind


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SubjectWorld]:
    with subject_world(tmp_path) as made:
        yield made


def test_a_subject_is_named_for_good(world: SubjectWorld) -> None:
    with world.database.read() as session:
        facts = world.subjects.must_see(session, member("vera", "risk", "viewer"), "version", "churn@champion")
    assert (facts.subject.kind, facts.subject.name, facts.subject.model) == ("version", "churn:2", "churn")
    assert (facts.subject.project, facts.page) == ("risk", "/models/churn:2")


def test_a_user_gets_404_for_what_they_may_not_see(world: SubjectWorld) -> None:
    scopes = SubjectScopes(world.database, world.subjects)
    for kind, name in [("model", "churn"), ("version", "churn:1"), ("project", "risk"), ("model", "nothing")]:
        with pytest.raises(NotFound, match="or you may not see it"):
            scopes.of(person("sten"), kind, name)
    assert scopes.of(person("sten"), "model", "open").visibility == "internal"


def test_a_key_gets_403_for_other_models_whether_or_not_they_exist(world: SubjectWorld) -> None:
    scopes, key = SubjectScopes(world.database, world.subjects), actor("deploy", ["iris"])
    for kind, name in [("model", "churn"), ("model", "nothing"), ("version", "churn:1"), ("version", "nothing:1")]:
        with pytest.raises(Forbidden):
            scopes.of(key, kind, name)
    with pytest.raises(NotFound):
        scopes.of(actor("deploy", ["n*"]), "model", "nothing")


def test_an_unknown_kind_is_told_with_those_there_are(world: SubjectWorld) -> None:
    with pytest.raises(NotFound) as told, world.database.read() as session:
        world.subjects.must_see(session, actor(), "pipeline", "x")
    assert "alert, model, project, version" in told.value.hint


def test_a_kind_is_registered_once(world: SubjectWorld) -> None:
    with pytest.raises(ValueError, match="project"):
        world.subjects.register(project_kind())


def test_everybody_who_asked_is_told_of_a_removal_in_its_transaction(world: SubjectWorld) -> None:
    told: list[tuple[str, list[str]]] = []
    world.subjects.on_removed(lambda session, kind, names: told.append((kind, names)))
    with world.database.transaction() as session:
        world.subjects.removed(session, "version", ["churn:1", "churn:2"])
        world.subjects.removed(session, "model", [])
    assert told == [("version", ["churn:1", "churn:2"])]
