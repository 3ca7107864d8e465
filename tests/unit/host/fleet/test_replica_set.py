"""The replicas of one version: one start for all who ask, replacement of the dead, patience with what keeps dying."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.support.routes import version
from tests.support.virtual_time import run_in_virtual_time
from unshelf.host.errors import HostFailure
from unshelf.host.fleet.replica_set import ReplicaSet, Woken
from unshelf.host.launch.replica import StartFailed, VersionKey

KEY = VersionKey(model="iris", version=1)


class Process:
    pid = 1

    def __init__(self, replica: "StandInReplica") -> None:
        self._replica = replica
        self.killed = False

    def kill(self) -> None:
        self.killed = True
        self._replica.end(-9)


class StandInReplica:
    """A replica without a process: it serves when it is let, and ends when it is told."""

    def __init__(self, number: int, *, failure: StartFailed | None = None) -> None:
        self.address = f"unix:w{number}"
        self.state = "starting"
        self.was_forked = True
        self.started_at = self.last_used_at = float(number)
        self.heard_at = time.monotonic()
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.may_serve = asyncio.Event()
        self.worker = Process(self)
        self.limit = ""
        self.served_seconds = 0.0
        self.idle = 0.0
        self.touched = 0
        self.secrets = 0
        self.network: tuple[str, list[str]] = ("full", [])
        self.cut_off = False
        self.gpus: tuple[str, ...] = ()
        self._failure = failure

    @property
    def is_serving(self) -> bool:
        return self.state == "serving" and not self.ended.done()

    def is_cut_off(self) -> bool:
        return self.cut_off

    def end(self, status: int = 0) -> None:
        if not self.ended.done():
            self.ended.set_result(status)

    def touch(self) -> None:
        self.touched += 1

    def idle_seconds(self) -> float:
        return self.idle

    def out_of_memory(self) -> str:
        return self.limit if self.ended.done() else ""

    def log_tail(self) -> str:
        return "its log"

    async def wait_until_serving(self, seconds: float) -> None:
        await self.may_serve.wait()
        if self._failure is not None:
            self.end(1)
            raise self._failure
        self.state = "serving"

    async def stop(self, *, patience: float) -> None:
        self.state = "stopping"
        self.end()


class Scene:
    """A replica set whose replicas serve at once, unless a test says otherwise."""

    def __init__(self, **route: Any) -> None:
        self.started: list[StandInReplica] = []
        self.failures: list[StartFailed] = []
        self.error: Exception | None = None
        self.serve_at_once = True
        self.secrets = 0
        self.gpus: tuple[str, ...] = ()
        self.fork_failures: list[str] = []
        start: Any = self._start
        self.set = ReplicaSet(
            KEY, version(**route), start, start_seconds=60,
            fork_failed=lambda _key, reason: self.fork_failures.append(reason),
        )  # fmt: skip

    async def _start(self, key: VersionKey, route: object) -> StandInReplica:
        if self.error is not None:
            raise self.error
        failure = self.failures.pop(0) if self.failures else None
        replica = StandInReplica(len(self.started), failure=failure)
        replica.secrets, replica.gpus = self.secrets, self.gpus
        self.started.append(replica)
        if self.serve_at_once:
            replica.may_serve.set()
        return replica

    async def serving(self, count: int) -> list[StandInReplica]:
        while len(self.set.serving()) < count:
            await self.set.start()
        return self.started

    def addresses(self) -> list[str]:
        return [replica.address for replica in self.set.serving()]


def play(story: Callable[[Scene], Coroutine[Any, Any, None]], **route: Any) -> None:
    async def run() -> None:
        scene = Scene(**route)
        await story(scene)
        scene.set.close()
        for replica in scene.started:
            replica.end()
        await scene.set.wait_until_empty()
        assert scene.set.is_empty

    run_in_virtual_time(run())


def test_many_who_ask_at_once_get_the_one_that_is_started() -> None:
    async def story(scene: Scene) -> None:
        woken = await asyncio.gather(*(scene.set.wake() for _ in range(5)))
        assert set(map(str, woken)) == {str(Woken(["unix:w0"], "forked"))}
        assert len(scene.started) == 1
        assert await scene.set.wake() == Woken(["unix:w0"], "running")
        assert scene.started[0].touched == 1

    play(story)


def test_one_who_gives_up_does_not_take_the_start_from_the_others() -> None:
    async def story(scene: Scene) -> None:
        scene.serve_at_once = False
        impatient, patient = (asyncio.create_task(scene.set.wake()) for _ in range(2))
        await asyncio.sleep(1)
        impatient.cancel()
        await asyncio.sleep(1)
        scene.started[0].may_serve.set()
        assert (await patient).addresses == ["unix:w0"]

    play(story)


def test_an_address_that_was_seen_dead_is_never_given_again() -> None:
    async def story(scene: Scene) -> None:
        await scene.set.wake()
        assert (await scene.set.wake("unix:w0")).addresses == ["unix:w1"]
        assert scene.addresses() == ["unix:w1"]
        assert scene.set.crashes.is_clean, "it was replaced, and did not die"

    play(story)


def test_a_replica_that_dies_is_replaced_when_it_is_wanted() -> None:
    async def story(scene: Scene) -> None:
        await scene.set.wake()
        scene.started[0].end(-11)
        assert (await scene.set.wake("unix:w0")).addresses == ["unix:w1"]
        assert not scene.set.crashes.is_clean
        assert "SIGSEGV" in scene.set.crashes.reason

    play(story)


def test_a_version_that_says_that_it_can_not_serve_is_not_tried_again_at_once() -> None:
    async def story(scene: Scene) -> None:
        scene.failures = [StartFailed("no module x", hint="Add it.", log="traceback", refused=True)]
        with pytest.raises(HostFailure, match="can't be started: no module x") as raised:
            await scene.set.wake()
        assert (raised.value.code, raised.value.hint, raised.value.log) == ("unavailable", "Add it.", "traceback")
        assert raised.value.retry_after
        with pytest.raises(HostFailure, match=r"keeps failing .* no module x"):
            await scene.set.wake()
        assert len(scene.started) == 1
        assert scene.fork_failures == ["no module x"]
        scene.set.keep(1)
        await asyncio.sleep(0)
        assert len(scene.started) == 1

    play(story)


def test_a_worker_that_dies_while_it_starts_is_forgiven_twice() -> None:
    async def story(scene: Scene) -> None:
        scene.failures = [StartFailed("killed", refused=False)] * 2
        assert (await scene.set.wake()).addresses == ["unix:w2"]

    play(story)


@pytest.mark.parametrize(
    ("error", "says"), [(HostFailure("too_few_gpus", "No GPU."), "No GPU"), (OSError("no memory"), "no memory")]
)
def test_a_start_that_the_machine_refuses_waits_before_the_next(error: Exception, says: str) -> None:
    async def story(scene: Scene) -> None:
        scene.error = error
        with pytest.raises(HostFailure, match=says):
            await scene.set.wake()
        with pytest.raises(HostFailure, match="keeps failing"):
            await scene.set.wake()
        assert scene.set.is_empty
        assert not scene.set.is_forgettable

    play(story)


def test_replicas_come_and_go_with_the_load() -> None:
    async def story(scene: Scene) -> None:
        await scene.serving(3)
        scene.set.keep(3)
        assert len(scene.started) == 3
        scene.set.shrink(2)
        scene.set.shrink(2)
        assert scene.addresses() == ["unix:w0", "unix:w1"], "the last one goes"
        scene.set.keep(3)
        await asyncio.sleep(1)
        assert scene.addresses() == ["unix:w0", "unix:w1", "unix:w3"]

    play(story)


def test_idle_replicas_go_but_not_those_that_always_run() -> None:
    async def story(scene: Scene) -> None:
        await scene.serving(3)
        scene.started[0].idle = scene.started[2].idle = 300.0
        scene.started[1].idle = 299.0
        scene.set.stop_idle(1)
        assert scene.addresses() == ["unix:w0", "unix:w1"]

    play(story, idle_seconds=300.0)


def test_what_ended_a_replica_is_remembered_for_those_who_were_with_it() -> None:
    async def story(scene: Scene) -> None:
        await scene.serving(1)
        assert await scene.set.out_of_memory("unix:unknown") == ""
        scene.started[0].limit = "1 GiB, tier small"
        asking = asyncio.create_task(scene.set.out_of_memory("unix:w0"))
        await asyncio.sleep(1)
        scene.started[0].end(-9)
        assert await asking == "1 GiB, tier small"
        await asyncio.sleep(1)
        assert await scene.set.out_of_memory("unix:w0") == "1 GiB, tier small"
        assert "ran out of its memory" in scene.set.crashes.reason
        assert not scene.set.is_forgettable

    play(story)


def test_a_replica_that_lives_does_not_hold_up_who_asks_what_ended_it() -> None:
    async def story(scene: Scene) -> None:
        await scene.serving(1)
        assert await scene.set.out_of_memory("unix:w0") == ""
        assert asyncio.get_running_loop().time() == pytest.approx(2.0, abs=0.1)

    play(story)


def test_only_a_replica_that_was_silent_for_long_enough_is_killed() -> None:
    async def story(scene: Scene) -> None:
        await scene.serving(2)
        scene.started[0].heard_at = time.monotonic() - 31
        scene.started[1].heard_at = time.monotonic() - 20
        for replica in scene.started:
            scene.set.kill_stuck(replica.address, 30.0)
        scene.set.kill_stuck("unix:unknown", 0.0)
        assert [replica.worker.killed for replica in scene.started] == [True, False]

    play(story)


def test_closing_stops_a_start_that_is_under_way_and_tells_those_who_wait() -> None:
    async def story(scene: Scene) -> None:
        scene.serve_at_once = False
        waking = asyncio.create_task(scene.set.wake())
        await asyncio.sleep(1)
        scene.set.close()
        with pytest.raises(HostFailure, match="was stopped while it started"):
            await waking
        assert scene.started[0].worker.killed

    play(story)


def test_a_set_is_forgettable_once_nothing_would_be_lost_with_it() -> None:
    async def story(scene: Scene) -> None:
        assert scene.set.is_forgettable
        await scene.serving(1)
        assert not scene.set.is_forgettable
        scene.set.evict(scene.started[0])  # type: ignore[arg-type]
        await scene.set.wait_until_empty()
        assert scene.set.is_forgettable

    play(story)


def test_replicas_with_older_secrets_are_replaced_one_after_the_other() -> None:
    async def story(scene: Scene) -> None:
        await scene.serving(2)
        scene.set.renew()
        assert len(scene.started) == 2, "all have what is published"
        scene.secrets, scene.set.route = 7, version(secrets=7)
        scene.serve_at_once = False
        scene.set.renew()
        await asyncio.sleep(1)
        scene.set.renew()
        assert scene.addresses() == ["unix:w0", "unix:w1"], "the old ones serve until there is a new one"
        scene.started[2].may_serve.set()
        await asyncio.sleep(1)
        assert scene.addresses() == ["unix:w1", "unix:w2"]
        scene.serve_at_once = True
        scene.set.renew()
        await asyncio.sleep(1)
        assert scene.addresses() == ["unix:w2", "unix:w3"]
        scene.set.renew()
        await asyncio.sleep(1)
        assert len(scene.started) == 4

    play(story)


def test_a_secret_that_the_model_can_not_use_leaves_the_old_replica_serving() -> None:
    async def story(scene: Scene) -> None:
        await scene.serving(1)
        scene.secrets, scene.set.route = 7, version(secrets=7)
        scene.failures = [StartFailed("KeyError: 'KEY'", refused=True)]
        scene.set.renew()
        await asyncio.sleep(0.1)
        scene.set.renew()
        assert (scene.addresses(), len(scene.started)) == (["unix:w0"], 2)

    play(story)


def test_when_all_secrets_are_deleted_who_has_some_is_replaced() -> None:
    async def story(scene: Scene) -> None:
        scene.secrets, scene.set.route = 7, version(secrets=7)
        await scene.serving(1)
        scene.secrets, scene.set.route = 0, version()
        scene.set.renew()
        await asyncio.sleep(1)
        assert scene.addresses() == ["unix:w1"]

    play(story)


def test_secrets_that_are_newer_than_the_published_ones_are_no_reason_to_start_again() -> None:
    async def story(scene: Scene) -> None:
        scene.set.route = version(secrets=7)
        scene.secrets = 8
        await scene.serving(1)
        scene.set.renew()
        await asyncio.sleep(1)
        assert len(scene.started) == 1

    play(story)


def test_a_replica_that_has_a_gpu_makes_room_for_the_new_one() -> None:
    async def story(scene: Scene) -> None:
        scene.gpus = ("0",)
        await scene.serving(1)
        scene.secrets, scene.set.route, scene.serve_at_once = 7, version(secrets=7), False
        scene.set.renew()
        await asyncio.sleep(1)
        assert scene.addresses() == []
        scene.started[1].may_serve.set()
        await asyncio.sleep(1)
        assert scene.addresses() == ["unix:w1"]

    play(story)
