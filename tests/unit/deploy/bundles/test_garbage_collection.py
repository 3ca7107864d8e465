"""The loop that collects garbage: what it does each time, and when it comes again."""

from tests.support.deploying import ANA, Deploying
from tests.support.stand_in_host import StandInHost
from unshelf.deploy.bundles.garbage_collection import garbage_collection


def test_each_run_prunes_sweeps_and_collects(deploying: Deploying, host: StandInHost) -> None:
    pruned: list[str] = []
    deploying.register("iris")
    deploying.registry.remove("iris", ANA)
    loop = garbage_collection(
        deploying.bundles, prune=[lambda: pruned.append("deploys"), lambda: pruned.append("alerts")]
    )
    assert (loop.name, loop.every) == ("garbage_collection", 3600.0)
    assert loop.act() is None
    assert pruned == ["deploys", "alerts"]
    assert (deploying.stored(), host.forgotten_environments) == (set(), ["e1"])


def test_what_could_not_be_finished_comes_again_soon(deploying: Deploying) -> None:
    """Given a host that is away, then the next run comes soon, and once it is back the one after in an hour."""
    deploying.register("iris")
    deploying.registry.remove("iris", ANA)
    loop = garbage_collection(deploying.bundles, soon=7.0)
    assert (loop.act(), loop.retry) == (7.0, 7.0)
    with StandInHost(deploying.host_socket).running():
        assert loop.act() is None
