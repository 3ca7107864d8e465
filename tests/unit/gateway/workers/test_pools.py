"""The pools of all versions: one a version, their load reported while there is some, and none for what is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.routes import one_model
from tests.unit.gateway.workers.conftest import Play, Scene, a_prediction, a_target
from unshelf.contracts.protocols.host import Load, VersionAddresses
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.routing.index import Table
from unshelf.gateway.workers.pools import WorkerPools
from unshelf.runtime.routing_file import RoutingChange

GONE = ProblemError("client_gone", "The caller hung up.")


def the_pools(scene: Scene) -> WorkerPools:
    return WorkerPools(scene.host, scene.recorder, 8)


@asynccontextmanager
async def reporting(pools: WorkerPools) -> AsyncIterator[None]:
    task = asyncio.create_task(pools.report_loads())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def test_a_version_has_one_pool(play: Play) -> None:
    async def story(scene: Scene) -> None:
        pools = the_pools(scene)
        assert pools.of(a_target()) is pools.of(a_target())
        assert pools.of(a_target("other")) is not pools.of(a_target())
        assert pools.in_flight("iris", 1) == 0
        assert pools.in_flight("nobody", 9) == 0

    play(story)


def test_a_prediction_is_withdrawn_from_its_own_pool(play: Play) -> None:
    async def story(scene: Scene) -> None:
        await scene.worker()
        pools = the_pools(scene)
        prediction, never = a_prediction(), a_prediction()
        assert not pools.withdraw(never, GONE)
        pools.of(a_target()).submit(prediction, 30.0)
        assert pools.in_flight("iris", 1) == 1
        assert not pools.withdraw(never, GONE)
        assert pools.withdraw(prediction, GONE)
        await prediction.outcome
        assert (prediction.code, pools.in_flight("iris", 1)) == ("client_gone", 0)

    play(story)


def test_the_load_of_versions_that_scale_is_reported_while_there_is_some(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pools = the_pools(scene)
        async with reporting(pools):
            await asyncio.sleep(3)
            assert scene.host.reports == [], "nothing is in flight, and nothing was"
            scaled, single = a_prediction(), a_prediction()
            pools.of(a_target("iris", max_replicas=3, timeout=1e6)).submit(scaled, 1e6)
            await worker.request()
            single.model = "one"
            other = await scene.worker()
            pools.of(a_target("one", timeout=1e6)).submit(single, 1e6)
            await other.request()
            await asyncio.sleep(3)
            load = [Load(model="iris", version=1, in_flight=1)]
            assert scene.host.reports[0] == load
            assert 3 <= len(scene.host.reports) <= 4, "once a second while it stays the same"
            worker.answer(1)
            await scaled.outcome
            await asyncio.sleep(3)
            assert scene.host.reports[-1] == []
            assert scene.host.reports.count([]) == 1
            assert pools.withdraw(single, GONE)

    play(story)


def test_a_load_that_a_host_did_not_hear_is_told_when_it_is_back(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pools = the_pools(scene)
        scene.host.away = True
        async with reporting(pools):
            prediction = a_prediction()
            pools.of(a_target(max_replicas=2)).submit(prediction, 1e6)
            await worker.request()
            await asyncio.sleep(2)
            scene.host.away = False
            await asyncio.sleep(0.3)
            assert scene.host.reports == [[Load(model="iris", version=1, in_flight=1)]]
        worker.answer(1)
        await prediction.outcome

    play(story)


def test_replicas_that_the_host_names_in_return_are_connected_to(play: Play) -> None:
    async def story(scene: Scene) -> None:
        first, second = await scene.worker(), await scene.worker(known=False)
        pools = the_pools(scene)
        scene.host.served = [
            VersionAddresses(model="iris", version=1, addresses=[first.address, second.address]),
            VersionAddresses(model="unknown", version=1, addresses=[second.address]),
        ]
        async with reporting(pools):
            prediction = a_prediction()
            pools.of(a_target(max_replicas=2)).submit(prediction, 1e6)
            await first.request()
            await asyncio.sleep(1)
            assert second.connections == 1
        first.answer(1)
        await prediction.outcome

    play(story)


def test_a_version_that_left_the_table_is_hung_up_on(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pools = the_pools(scene)
        prediction = a_prediction()
        pool = pools.of(a_target())
        pool.submit(prediction, 30.0)
        await worker.request()
        worker.answer(1)
        await prediction.outcome
        table = Table().changed(RoutingChange(generation=1, models={"iris": one_model()}, keys={}, warm=None))
        pools.forget_missing(table)
        assert pools.of(a_target()) is pool
        pools.forget_missing(Table())
        await asyncio.wait_for(worker.hung_up.wait(), 10)
        assert pools.of(a_target()) is not pool

    play(story)


def test_after_a_new_host_every_version_asks_for_its_address_again(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pools = the_pools(scene)
        prediction = a_prediction()
        pools.of(a_target()).submit(prediction, 30.0)
        pools.of(a_target("never used"))
        await worker.request()
        worker.answer(1)
        await prediction.outcome
        following = await scene.worker()
        pools.move_all()
        await asyncio.wait_for(worker.hung_up.wait(), 10)
        assert (following.connections, scene.host.asked) == (1, [None, None])

    play(story)
