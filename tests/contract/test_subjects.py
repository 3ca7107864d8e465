"""Subjects on every database: what one may see is decided there, and tags and properties find the right ones."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.support.actors import actor
from tests.support.subjects import SubjectWorld, any_id, member, person
from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.manage.tags.service import TagService
from unshelf.manage.tags.tables import TagRow
from unshelf.manage.tags.values import Condition
from unshelf.server.backends import load_backend
from unshelf.server.wiring import control

ADMIN = actor(name="admin")
OWNER = member("olga", "risk", "owner")
VIEWER = member("vera", "risk", "viewer")
STRANGER = person("sten")


@pytest.fixture
def world(database_url: str) -> Iterator[SubjectWorld]:
    assert control.build_control  # importing it is what makes every wing's tables known
    database: Database = load_backend("database", database_url)(database_url)
    migrate(database)
    made = SubjectWorld(database)
    made.project("risk")
    made.model("churn", "risk", versions=2)
    made.model("open", "risk", "internal")
    made.model("iris")
    yield made
    database.dispose()


def test_who_sees_what_is_the_same_one_by_one_and_in_a_list(world: SubjectWorld) -> None:
    """Given subjects of each kind with a tag, a list has exactly those that `must_see` lets through."""
    tags = TagService(world.database, world.events, world.subjects)
    everything = [
        ("project", "risk"), ("project", "default"), ("model", "churn"), ("model", "open"), ("model", "iris"),
        ("version", "churn:1"), ("alert", world.alert("churn")), ("alert", world.alert(None)),
    ]  # fmt: skip
    for kind, name in everything:
        tags.add_tag(ADMIN, kind, name, "seen")
    expected = {
        ADMIN: len(everything), OWNER: 5, VIEWER: 5, STRANGER: 1, actor("predict", ["iris"], id="k2"): 1, person("nat", "auditor"): 8,
    }  # fmt: skip
    for who, count in expected.items():
        one_by_one = {each for each in everything if _sees(world, who, *each)}
        page = tags.find(who, kind=None, tags=["seen"], properties=[], limit=100)
        assert {(each.subject.kind, each.subject.name) for each in page.items} == one_by_one
        assert len(one_by_one) == count, who.label
        with world.database.read() as session:
            visible = world.subjects.visible(who, kind=TagRow.subject_kind, model=TagRow.model, project=TagRow.project)
            assert len(list(session.scalars(select(TagRow.subject).where(visible)))) == count
        assert [used.count for used in tags.used(who, limit=10).items] == [count]


def _sees(world: SubjectWorld, who: Actor, kind: str, name: str) -> bool:
    with world.database.read() as session:
        try:
            world.subjects.must_see(session, who, kind, name)
        except (NotFound, Forbidden):
            return False
    return True


def test_a_model_that_moves_takes_its_tags_along(world: SubjectWorld) -> None:
    tags = TagService(world.database, world.events, world.subjects)
    tags.add_tag(OWNER, "model", "churn", "gold")
    with world.database.transaction() as session:
        place_model(session, "churn", "default")
    assert tags.find(OWNER, kind=None, tags=["gold"], properties=[], limit=9).items == []
    assert len(tags.find(member("dora", "default"), kind=None, tags=["gold"], properties=[], limit=9).items) == 1


def test_subjects_are_found_by_all_tags_and_properties_page_by_page(world: SubjectWorld) -> None:
    tags = TagService(world.database, world.events, world.subjects)
    for number in range(7):
        world.model(f"m{number}", "risk")
        tags.add_tag(OWNER, "model", f"m{number}", "even" if number % 2 == 0 else "odd")
        tags.add_tag(OWNER, "model", f"m{number}", "all")
        tags.set_property(OWNER, "model", f"m{number}", property="half", value=number / 2)
    assert _found(tags, ["all", "even"]) == ["m0", "m2", "m4", "m6"]
    assert _found(tags, ["even"], Condition(name="half", value="1")) == ["m2"]
    assert _found(tags, [], Condition(name="half", value="0.5")) == ["m1"]
    assert _found(tags, [], Condition(name="half", value=None), Condition(name="none", value=None)) == []
    names: list[str] = []
    cursor: str | None = None
    while True:
        page = tags.find(OWNER, kind="model", tags=["all"], properties=[], limit=3, cursor=cursor)
        names += [each.subject.name for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert names == [f"m{number}" for number in range(7)]
    used = tags.used(OWNER, limit=2)
    assert [(each.tag, each.count) for each in used.items] == [("all", 7), ("even", 4)]
    assert [each.tag for each in tags.used(OWNER, limit=2, cursor=used.next_cursor).items] == ["odd"]
    assert [each.tag for each in tags.used(OWNER, prefix="o", limit=2).items] == ["odd"]


def _found(tags: TagService, names: list[str], *properties: Condition) -> list[str]:
    page = tags.find(OWNER, kind=None, tags=names, properties=properties, limit=100)
    return [each.subject.name for each in page.items]


def test_what_is_removed_leaves_nothing_to_a_later_one_of_its_name(world: SubjectWorld) -> None:
    tags = TagService(world.database, world.events, world.subjects)
    tags.add_tag(OWNER, "model", "churn", "gold")
    tags.add_tag(OWNER, "model", "open", "gold")
    tags.set_property(OWNER, "model", "churn", property="cost", value=3)
    with world.database.transaction() as session:
        world.subjects.removed(session, "model", ["churn"])
    _, its_tags, properties = tags.describe(OWNER, "model", "churn")
    assert (its_tags, properties) == ([], [])
    assert _found(tags, ["gold"]) == ["open"]


def test_an_unknown_subject_and_one_that_may_not_be_seen_are_told_alike(world: SubjectWorld) -> None:
    for kind, name, unknown in [
        ("model", "iris", "irix"),
        ("alert", world.alert(None), any_id()),
        ("project", "default", "nowhere"),
    ]:
        with world.database.read() as session:
            with pytest.raises(NotFound) as hidden:
                world.subjects.must_see(session, VIEWER, kind, name)
            with pytest.raises(NotFound) as missing:
                world.subjects.must_see(session, VIEWER, kind, unknown)
        assert str(hidden.value).replace(name, "X") == str(missing.value).replace(unknown, "X")
