"""Releases: versions are woken before they get traffic, shares are published, and the way back is open."""

import pytest

from tests.support.actors import actor
from tests.support.deploying import ANA, Deploying
from tests.support.stand_in_host import StandInHost
from unshelf.contracts.bundle import Scaling
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.protocols.host import Failed
from unshelf.contracts.routing import Share
from unshelf.manage.quotas.resources import QuotaLimits
from unshelf.runtime.routing_file import read_routing


@pytest.fixture(autouse=True)
def _versions(deploying: Deploying) -> None:
    for content in (b"1", b"2"):
        deploying.register("iris", content)


def live(deploying: Deploying) -> dict[int, float]:
    """The shares as gateways know them."""
    return {share.version: share.percent for share in read_routing(deploying.folder).models["iris"].release}


def test_a_version_is_woken_before_it_gets_traffic(deploying: Deploying, host: StandInHost) -> None:
    before: list[dict[int, float]] = []
    deploying.publisher.publish()
    host.on_wake = lambda _model, _version: before.append(live(deploying))
    assert deploying.releases.release("iris", 1, 100, ANA) == [Share(version=1, percent=100.0)]
    assert (host.woken, before, live(deploying)) == ([("iris", 1)], [{}], {1: 100.0})


def test_a_version_that_does_not_start_gets_no_traffic(deploying: Deploying, host: StandInHost) -> None:
    deploying.releases.release("iris", 1, 100, ANA)
    host.fail_wake = Failed(id=1, code="unavailable", detail="It ended at once.", hint="Read its log.")
    with pytest.raises(Conflict, match="ended at once") as refused:
        deploying.releases.release("iris", 2, 50, ANA)
    assert refused.value.hint == "Read its log."
    assert live(deploying) == {1: 100.0}


@pytest.mark.parametrize("code", ["not_found", "paused"])
def test_a_version_that_the_host_may_not_start_yet_is_released(
    deploying: Deploying, host: StandInHost, code: str
) -> None:
    host.fail_wake = Failed(id=1, code=code, detail="Not now.")
    deploying.releases.release("iris", 1, 100, ANA)
    assert live(deploying) == {1: 100.0}


def test_a_release_needs_no_host(deploying: Deploying) -> None:
    deploying.releases.release("iris", 1, 100, ANA)
    deploying.releases.release("iris", 2, 25, ANA)
    assert live(deploying) == {1: 75.0, 2: 25.0}
    deploying.releases.release("iris", 2, 0, ANA)
    assert live(deploying) == {1: 100.0}


@pytest.mark.parametrize(
    ("name", "version", "percent", "error"),
    [("iris", 9, 100, NotFound), ("wine", 1, 100, NotFound), ("iris", 1, 101, InvalidInput), ("iris", 1, 50, Conflict)],
)
def test_what_can_not_be_live_is_refused(
    deploying: Deploying, name: str, version: int, percent: float, error: type[Exception]
) -> None:
    with pytest.raises(error):
        deploying.releases.release(name, version, percent, ANA)
    assert "release.changed" not in deploying.actions()


def test_the_same_release_again_leaves_no_trace(deploying: Deploying) -> None:
    for _ in range(2):
        deploying.releases.release("iris", 1, 100, ANA)
    assert deploying.actions().count("release.changed") == 1


def test_a_rollback_goes_back_and_further_back(deploying: Deploying) -> None:
    for version, percent in ((1, 100), (2, 50), (2, 100)):
        deploying.releases.release("iris", version, percent, ANA)
    assert [deploying.releases.roll_back("iris", ANA) for _ in range(2)] == [
        [Share(version=1, percent=50.0), Share(version=2, percent=50.0)],
        [Share(version=1, percent=100.0)],
    ]
    assert live(deploying) == {1: 100.0}
    with pytest.raises(Conflict, match="no earlier release"):
        deploying.releases.roll_back("iris", ANA)
    assert live(deploying) == {1: 100.0}
    assert deploying.actions().count("release.rolled_back") == 2


def test_a_version_is_taken_out_also_when_it_is_the_only_live_one(deploying: Deploying) -> None:
    deploying.releases.release("iris", 1, 100, ANA)
    deploying.releases.release("iris", 2, 50, ANA)
    left: list[list[Share]] = []
    for version in (2, 2, 1):
        with deploying.database.transaction() as session:
            deploying.releases.take_out(session, "iris", version, ANA)
            left.append(deploying.ledger.live(session, "iris"))
    assert left == [[Share(version=1, percent=100.0)]] * 2 + [[]]


def test_a_release_is_held_to_quotas_and_tiers(deploying: Deploying, host: StandInHost) -> None:
    root = actor("admin", id="admin", name="admin")
    deploying.register("loans", tier="large", scaling=Scaling(max=2))
    deploying.register("loans", b"2", tier="large")
    deploying.releases.release("loans", 1, 100, ANA)
    deploying.tiers.change(root, "large", price=None, currency="", restricted=True)
    maker = actor("deploy")
    with pytest.raises(Forbidden, match="tier 'large'"):
        deploying.releases.release("loans", 2, 50, maker)
    assert deploying.releases.release("loans", 1, 100, maker), "what is live goes on"
    deploying.quotas.set(root, "project", "default", QuotaLimits(replicas=3))  # one is iris's
    with pytest.raises(Forbidden, match="3 replicas of 3 replicas in use"):
        deploying.releases.release("loans", 2, 50, root)
    assert deploying.releases.release("loans", 2, 100, root) == [Share(version=2, percent=100.0)], "less than before"
    assert deploying.releases.roll_back("loans", root) == [Share(version=1, percent=100.0)], (
        "a way back is never refused"
    )
