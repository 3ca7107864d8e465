"""Rows that a reference names, and errors that say what there is instead."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.support.deploying import ANA, Deploying
from unshelf.contracts.errors import NotFound
from unshelf.contracts.references import parse_reference
from unshelf.contracts.routing import Share
from unshelf.deploy.registry import lookup


@pytest.fixture
def session(deploying: Deploying) -> Iterator[Session]:
    """A model with three versions and an alias, and one that was removed."""
    for content in (b"1", b"2", b"3"):
        deploying.register("iris", content)
    deploying.registry.set_alias("iris", "champion", 2, ANA)
    deploying.register("gone")
    deploying.registry.remove("gone", ANA)
    with deploying.database.read() as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "release", "number"),
    [
        ("iris:1", {3: 100.0}, 1),
        ("iris@champion", {3: 100.0}, 2),
        ("iris", {1: 75.0, 3: 25.0}, 1),
        ("iris", {}, 3),
    ],
)
def test_a_reference_names_a_version(session: Session, text: str, release: dict[int, float], number: int) -> None:
    model = lookup.find_model(session, "iris")
    shares = [Share(version=version, percent=percent) for version, percent in release.items()]
    assert lookup.named_version(session, model, parse_reference(text), shares).number == number


@pytest.mark.parametrize(("text", "hint"), [("iris:9", "1, 2, 3"), ("iris@nobody", "champion")])
def test_what_is_not_there_is_answered_with_what_is(session: Session, text: str, hint: str) -> None:
    model = lookup.find_model(session, "iris")
    with pytest.raises(NotFound) as missing:
        lookup.named_version(session, model, parse_reference(text), [])
    assert hint in missing.value.hint


@pytest.mark.parametrize("name", ["nothing", "gone"])
def test_a_model_that_is_not_there_any_more_is_not_found(session: Session, name: str) -> None:
    with pytest.raises(NotFound, match=name):
        lookup.find_model(session, name)


@pytest.mark.parametrize("text", ["", "iris:0", "iris:x", "Iris", "iris@", "iris:1:2"])
def test_a_text_that_names_nothing_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        lookup.reference_from(text)


def test_a_model_lists_its_versions_and_aliases(session: Session) -> None:
    assert lookup.version_numbers(session, "iris") == [1, 2, 3]
    assert lookup.aliases_of(session, "iris") == {"champion": 2}
    assert (lookup.version_numbers(session, "gone"), lookup.aliases_of(session, "nothing")) == ([], {})


def test_a_model_is_shown_with_who_made_its_latest_version_and_by_which_loader(deploying: Deploying) -> None:
    """Given names at both ends, when the latest versions between two are asked for, then both are among them, and no other."""
    for name in ("ash", "beech", "cedar", "elm"):
        deploying.register(name)
    deploying.register("beech", b"another")
    with deploying.database.read() as session:
        latest = lookup.latest_between(session, "beech", "cedar")
    assert sorted(latest) == ["beech", "cedar"]
    assert {(each.by, each.framework) for each in latest.values()} == {(ANA.label, "python")}
    listed = {model.name: model for model in deploying.registry.list_for(ANA, limit=9).items}
    assert (listed["beech"].latest, listed["beech"].latest_by, listed["beech"].framework) == (2, ANA.label, "python")


def test_of_no_models_nothing_is_asked(deploying: Deploying) -> None:
    with deploying.database.read() as session:
        assert lookup.models_of(session, [], {}) == []
