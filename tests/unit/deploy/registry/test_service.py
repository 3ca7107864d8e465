"""The registry: numbers that are never given twice, what may be removed, and what goes with it."""

import pytest

from tests.support.actors import actor
from tests.support.deploying import ANA, Deploying
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.routing import RoutingTable, Share
from unshelf.manage.limits import Limits
from unshelf.runtime.routing_file import read_routing


def table(deploying: Deploying) -> RoutingTable:
    return read_routing(deploying.folder)


def make_live(deploying: Deploying, name: str, version: int) -> None:
    with deploying.database.transaction() as session:
        deploying.ledger.replace(session, name, [Share(version=version, percent=100.0)], ANA)


def test_versions_are_numbered_and_a_number_is_never_given_again(deploying: Deploying) -> None:
    assert [deploying.register("iris", content) for content in (b"1", b"2")] == [1, 2]
    deploying.registry.remove("iris:2", ANA)
    assert deploying.register("iris", b"3") == 3
    deploying.registry.remove("iris", ANA)
    assert deploying.register("iris", b"4") == 4
    assert deploying.registry.count() == (1, 1)


def test_a_version_is_shown_with_all_that_is_known_of_it(deploying: Deploying) -> None:
    """Given a host that is away, then its version is shown without replicas."""
    deploying.register("iris", b"1")
    deploying.register("iris", b"2", environment="e2")
    make_live(deploying, "iris", 1)
    shown = deploying.registry.inspect("iris:2")
    assert (shown.version.number, shown.version.environment, shown.version.replicas) == (2, "e2", [])
    assert [package.name for package in shown.version.packages] == ["numpy"]
    assert [(one.version, one.live_percent) for one in shown.versions] == [(1, 100.0), (2, 0.0)]
    assert deploying.registry.inspect("iris").version.number == 1


def test_a_list_has_the_models_that_an_actor_may_see(deploying: Deploying) -> None:
    for name in ("ash", "beech", "cedar"):
        deploying.register(name)
    deploying.registry.set_alias("beech", "champion", 1, ANA)
    first = deploying.registry.list_for(ANA, limit=2)
    rest = deploying.registry.list_for(ANA, limit=2, cursor=first.next_cursor)
    assert [model.name for model in (*first.items, *rest.items)] == ["ash", "beech", "cedar"]
    assert rest.next_cursor is None
    (seen,) = deploying.registry.list_for(actor("predict", ["b*"]), limit=9).items
    assert (seen.name, seen.versions, seen.latest, seen.aliases) == ("beech", [1], 1, {"champion": 1})


def test_a_live_version_is_not_removed_unless_it_is_the_only_one(deploying: Deploying) -> None:
    for content in (b"1", b"2"):
        deploying.register("iris", content)
    make_live(deploying, "iris", 1)
    with pytest.raises(Conflict, match="live"):
        deploying.registry.remove("iris:1", ANA)
    deploying.registry.remove("iris:2", ANA)
    deploying.registry.remove("iris:1", ANA)
    with pytest.raises(NotFound):
        deploying.registry.inspect("iris")
    assert deploying.actions()[-2:] == ["version.removed", "model.removed"]


@pytest.mark.parametrize(
    ("reference", "error"),
    [("iris@champion", InvalidInput), ("iris:9", NotFound), ("wine", NotFound), ("..", NotFound)],
)
def test_what_names_no_version_is_not_removed(deploying: Deploying, reference: str, error: type[Exception]) -> None:
    deploying.register("iris", b"1")
    deploying.register("iris", b"2")
    deploying.registry.set_alias("iris", "champion", 1, ANA)
    with pytest.raises(error):
        deploying.registry.remove(reference, ANA)
    assert deploying.registry.count() == (1, 2)


def test_a_removed_model_comes_back_without_its_past(deploying: Deploying) -> None:
    deploying.register("iris")
    make_live(deploying, "iris", 1)
    deploying.pausing.set_paused("iris", ANA, paused=True)
    deploying.registry.set_limits("iris", Limits(rate=5), ANA)
    deploying.registry.set_alias("iris", "champion", 1, ANA)
    deploying.registry.remove("iris", ANA)
    assert table(deploying).models == {}
    assert deploying.registry.maker("iris") is None
    deploying.register("iris")
    shown = deploying.registry.inspect("iris")
    assert (shown.paused, shown.limits, shown.aliases, shown.release) == (False, None, {}, [])


def test_what_outlives_a_version_is_addressed_by_its_number(deploying: Deploying) -> None:
    deploying.register("iris")
    deploying.registry.set_alias("iris", "champion", 1, ANA)
    assert deploying.registry.address("iris@champion") == ("iris", 1)
    deploying.registry.remove("iris", ANA)
    assert deploying.registry.address("iris:7") == ("iris", 7)
    assert deploying.registry.address("iris") == ("iris", None)
    for unknown in ("wine", "iris@champion"):
        with pytest.raises(NotFound):
            deploying.registry.address(unknown)


def test_an_alias_moves_and_goes(deploying: Deploying) -> None:
    for content in (b"1", b"2"):
        deploying.register("iris", content)
    assert deploying.registry.set_alias("iris", "champion", 1, ANA) == {"champion": 1}
    assert deploying.registry.set_alias("iris", "champion", 2, ANA) == {"champion": 2}
    assert table(deploying).models["iris"].aliases == {"champion": 2}
    deploying.registry.remove_alias("iris", "champion", ANA)
    assert table(deploying).models["iris"].aliases == {}
    with pytest.raises(NotFound, match="champion"):
        deploying.registry.remove_alias("iris", "champion", ANA)
    assert deploying.actions()[-3:] == ["alias.set", "alias.set", "alias.removed"]


@pytest.mark.parametrize(
    ("name", "alias", "version", "error"),
    [("iris", "no alias", 1, InvalidInput), ("iris", "a", 9, NotFound), ("wine", "a", 1, NotFound)],
)
def test_an_alias_points_at_a_version_that_is_there(
    deploying: Deploying, name: str, alias: str, version: int, error: type[Exception]
) -> None:
    deploying.register("iris")
    with pytest.raises(error):
        deploying.registry.set_alias(name, alias, version, ANA)


def test_pausing_twice_leaves_one_trace(deploying: Deploying) -> None:
    deploying.register("iris")
    deploying.registry.set_alias("iris", "champion", 1, ANA)
    for _ in range(2):
        assert str(deploying.pausing.set_paused("iris@champion", ANA, paused=True)) == "iris:1"
    assert table(deploying).models["iris"].versions[1].paused
    assert not table(deploying).models["iris"].paused
    deploying.pausing.set_paused("iris:1", ANA, paused=False)
    assert not table(deploying).models["iris"].versions[1].paused
    assert deploying.actions()[-2:] == ["version.paused", "version.resumed"]


def test_a_withdrawn_version_leaves_no_hold(deploying: Deploying) -> None:
    deploying.register("iris", b"1")
    deploying.register("iris", b"2", environment="e2")
    with deploying.database.transaction() as session:
        deploying.registry.withdraw(session, "iris", 2, ANA)
        deploying.registry.withdraw(session, "iris", 2, ANA)
        assert deploying.registry.version_numbers(session, "iris") == [1]
        assert deploying.environments.unused(session) == ["e2"]
    assert deploying.actions().count("version.withdrawn") == 1
    assert deploying.registry.maker("iris") == ANA.label
