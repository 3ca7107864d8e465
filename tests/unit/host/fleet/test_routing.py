"""The routing state as the host uses it: what may be served, what is live, and what still refers to a folder."""

import asyncio
from pathlib import Path

import pytest

from tests.support.routes import one_model, version
from tests.support.routing import publish_routing
from unshelf.contracts.routing import ModelRoute, RoutingTable, Share
from unshelf.host.fleet.routing import Routing
from unshelf.host.launch.replica import VersionKey

TWO = one_model(
    versions={1: version(bundle="old"), 2: version(bundle="new", environment="f"), 3: version(paused=True)},
    release=[Share(version=2, percent=100.0), Share(version=9, percent=0.0)],
)


@pytest.fixture
def routing(tmp_path: Path) -> Routing:
    return Routing(tmp_path)


def publish(folder: Path, generation: int, *, warm: dict[str, list[str]] | None = None, **models: ModelRoute) -> None:
    publish_routing(folder, RoutingTable(generation=generation, models=models, warm=warm or {}))


def active(routing: Routing) -> set[str]:
    return {str(key) for key in routing.active}


def test_versions_that_are_not_paused_may_be_served(routing: Routing, tmp_path: Path) -> None:
    publish(tmp_path, 1, iris=TWO, sleeping=one_model(paused=True))
    routing.load()
    assert active(routing) == {"iris:1", "iris:2"}
    assert routing.all_versions() == {("iris", 1), ("iris", 2), ("iris", 3), ("sleeping", 1)}
    assert [route.bundle for _, route in routing.released()] == ["new"], (
        "a paused model is not live, nor a version that is gone"
    )


def test_a_change_takes_effect_and_what_is_gone_is_served_no_more(routing: Routing, tmp_path: Path) -> None:
    changes = []
    publish(tmp_path, 1, iris=TWO, other=one_model())
    routing.load()
    routing.on_change = lambda: changes.append(active(routing))
    publish(tmp_path, 2, iris=one_model(versions={2: version()}), warm={"e": ["numpy"]})
    asyncio.run(routing.catch_up())
    assert changes == [{"iris:2"}]
    assert routing.warm == {"e": ["numpy"]}
    asyncio.run(routing.catch_up())
    assert len(changes) == 1, "nothing changed"


def test_a_paused_model_may_not_be_served_and_may_again_when_it_is_resumed(routing: Routing, tmp_path: Path) -> None:
    for generation, paused in enumerate((False, True, False), start=1):
        publish(tmp_path, generation, iris=one_model(paused=paused))
        asyncio.run(routing.catch_up())
        assert active(routing) == (set() if paused else {"iris:1"})


def test_a_version_is_found_with_its_model_paused_or_not(routing: Routing, tmp_path: Path) -> None:
    publish(tmp_path, 1, iris=TWO)
    routing.load()
    found = routing.find("iris", 3)
    assert found is not None
    assert found[1].paused
    assert routing.find("iris", 9) is None
    assert routing.find("nobody", 1) is None
    assert VersionKey(model="iris", version=3) not in routing.active


@pytest.mark.parametrize(
    ("bundle", "environment", "refers"),
    [("old", "", True), ("gone", "", False), ("", "f", True), ("", "gone", False), ("", "", False)],
)
def test_a_folder_is_needed_while_a_version_refers_to_it(
    routing: Routing, tmp_path: Path, bundle: str, environment: str, refers: bool
) -> None:
    publish(tmp_path, 1, iris=TWO)
    routing.load()
    assert routing.references(bundle=bundle, environment=environment) is refers
