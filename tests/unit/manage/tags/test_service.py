"""Tags and properties: changed by those who may, told as events, kept with the subject for good."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.subjects import SubjectWorld, member, person, subject_world
from unshelf.contracts.errors import Conflict, Forbidden, NotFound
from unshelf.manage.tags.service import TagService
from unshelf.manage.tags.values import MOST_A_SUBJECT

OWNER = member("olga", "risk", "owner")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SubjectWorld]:
    with subject_world(tmp_path) as made:
        yield made


@pytest.fixture
def tags(world: SubjectWorld) -> TagService:
    return TagService(world.database, world.events, world.subjects)


def test_a_tag_of_an_alias_stays_with_the_version(world: SubjectWorld, tags: TagService) -> None:
    tags.add_tag(OWNER, "version", "churn@champion", "reviewed")
    facts, found, _ = tags.describe(OWNER, "version", "churn:2")
    assert (facts.subject.name, [(tag.tag, tag.set_by) for tag in found]) == ("churn:2", [("reviewed", "olga")])


def test_each_change_is_one_event_of_the_subject(world: SubjectWorld, tags: TagService) -> None:
    tags.add_tag(OWNER, "model", "churn", "gold")
    tags.add_tag(OWNER, "model", "churn", "gold")
    tags.set_property(OWNER, "model", "churn", property="cost", value=3)
    tags.set_property(OWNER, "model", "churn", property="cost", value="much")
    tags.remove_property(OWNER, "model", "churn", "cost")
    tags.remove_tag(OWNER, "model", "churn", "gold")
    events = [(each.action, each.before, each.after) for each in reversed(world.events.newest(limit=9).items)]
    assert events == [
        ("tag.added", None, {"tag": "gold"}), ("property.set", None, {"cost": 3}), ("property.set", {"cost": 3}, {"cost": "much"}),
        ("property.removed", {"cost": "much"}, None), ("tag.removed", {"tag": "gold"}, None),
    ]  # fmt: skip
    assert {
        (each.subject.kind, each.subject.model, each.subject.project) for each in world.events.newest(limit=9).items
    } == {("model", "churn", "risk")}


def test_a_viewer_sees_and_changes_nothing_and_a_stranger_sees_nothing(tags: TagService) -> None:
    tags.set_property(OWNER, "model", "churn", property="cost", value=3)
    viewer, stranger = member("vera", "risk", "viewer"), person("sten")
    assert [each.value for each in tags.describe(viewer, "model", "churn")[2]] == [3]
    for act in (
        lambda who: tags.add_tag(who, "model", "churn", "x"),
        lambda who: tags.remove_tag(who, "model", "churn", "x"),
        lambda who: tags.set_property(who, "model", "churn", property="cost", value=4),
        lambda who: tags.remove_property(who, "model", "churn", "cost"),
    ):
        with pytest.raises(Forbidden):
            act(viewer)
        with pytest.raises(NotFound):
            act(stranger)
    with pytest.raises(NotFound):
        tags.describe(stranger, "model", "churn")


def test_what_is_not_there_can_not_be_removed(tags: TagService) -> None:
    with pytest.raises(NotFound, match="no tag"):
        tags.remove_tag(OWNER, "model", "churn", "gold")
    with pytest.raises(NotFound, match="no property"):
        tags.remove_property(OWNER, "model", "churn", "cost")


def test_a_subject_has_a_hundred_tags_at_most(tags: TagService) -> None:
    for number in range(MOST_A_SUBJECT):
        tags.add_tag(OWNER, "model", "churn", f"t{number}")
    with pytest.raises(Conflict):
        tags.add_tag(OWNER, "model", "churn", "more")
    tags.add_tag(OWNER, "model", "churn", "t0")
    tags.add_tag(OWNER, "model", "open", "more")


def test_without_a_condition_everything_tagged_is_found(tags: TagService) -> None:
    tags.add_tag(OWNER, "model", "churn", "gold")
    tags.add_tag(OWNER, "model", "churn", "new")
    tags.set_property(OWNER, "model", "open", property="cost", value=3)
    page = tags.find(OWNER, kind="model", tags=[], properties=[], limit=9)
    assert [each.subject.name for each in page.items] == ["churn"]
