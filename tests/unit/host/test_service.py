"""What each message asks for is done by one part of the host; failures are answers, and what is still published stays."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.routes import one_model, version
from tests.support.routing import publish_routing
from tests.support.virtual_time import run_in_virtual_time
from unshelf.contracts.bundle import Loader, Manifest
from unshelf.contracts.home import Home
from unshelf.contracts.protocols.host import (
    Ack,
    Addresses,
    Awake,
    Delete,
    Deleted,
    Describe,
    Described,
    DescribeSecrets,
    DiagnoseExit,
    ExitDiagnosis,
    Failed,
    FromHost,
    HeldSecrets,
    HoldSecrets,
    InFlight,
    Load,
    Prepare,
    Progress,
    ReportHang,
    ToHost,
    VersionAddresses,
    Wake,
)
from unshelf.contracts.routing import RoutingTable
from unshelf.host.errors import HostFailure
from unshelf.host.fleet.replica_set import Woken
from unshelf.host.fleet.routing import Routing
from unshelf.host.launch.logs import WorkerLogs
from unshelf.host.launch.network.refusals import Refusals
from unshelf.host.launch.secrets import Secrets
from unshelf.host.sandbox.sandbox import NO_SANDBOX, warning_of
from unshelf.host.service import HostService
from unshelf.runtime.sealing import Sealer

OLD, NEW = "a" * 64, "b" * 64


class Parts:
    """Fleet, preparer and stores in one: they note what is asked of them."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []
        self.error: Exception | None = None

    async def wake(self, model: str, version: int, not_address: str | None, *, for_release: bool = False) -> Woken:
        if self.error is not None:
            raise self.error
        self.done.append(("wake", model, version, not_address))
        return Woken(["unix:w1", "unix:w2"], "forked")

    def update_loads(self, gateway: str, loads: list[Load]) -> list[VersionAddresses]:
        self.done.append(("loads", gateway, len(loads)))
        return [VersionAddresses(model="iris", version=1, addresses=["unix:w1"])]

    async def out_of_memory(self, model: str, version: int, address: str) -> str:
        return f"1 GiB of {model}:{version} at {address}"

    def kill_stuck(self, model: str, version: int, address: str, silent_seconds: float) -> None:
        self.done.append(("kill", model, version, address, silent_seconds))

    def facts(self) -> list[Any]:
        return []

    async def wait_until_unused(self, *, bundles: list[str], environments: list[str]) -> None:
        self.done.append(("unused", bundles, environments))

    async def forget(self, name: str) -> None:
        self.done.append(("forget", name))

    async def prepare(self, request: Prepare, say: Callable[[FromHost], Awaitable[None]]) -> FromHost:
        await say(Progress(id=request.id, step="lock", state="started"))
        raise HostFailure("lock_failed", "It can't be locked.", step="lock")


class Scene:
    def __init__(self, folder: Path) -> None:
        self.parts: Any = Parts()
        self.said: list[FromHost] = []
        self._folder = folder
        unused: Any = None
        self.service = HostService(
            home=Home(folder), uv=unused, interpreters=unused, routing=Routing(folder), environments=self.parts, bundles=self.parts,
            fleet=self.parts, preparer=self.parts, builder=unused, exporter=unused, bundler=unused, gpus=unused,
            sandbox=NO_SANDBOX, groups=unused,
            secrets=Secrets(folder / "held-secrets", Sealer(folder / "secrets-key")), refusals=Refusals(WorkerLogs(folder)),
            attempts=unused, meter=unused, fetcher=unused, remaker=unused,
        )  # fmt: skip

    def publish(self, generation: int, bundle: str) -> None:
        models = {"iris": one_model(versions={1: version(bundle=bundle, environment=bundle)})}
        publish_routing(self._folder, RoutingTable(generation=generation, models=models))

    async def answer(self, request: ToHost) -> FromHost:
        async def say(message: FromHost) -> None:
            self.said.append(message)

        return await self.service.answer(request, say)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.mark.parametrize(
    ("request_", "answer", "done"),
    [
        (
            Wake(id=1, model="iris", version=2, not_address="unix:dead"),
            Awake(id=1, address="unix:w1", addresses=["unix:w1", "unix:w2"], how="forked"), [("wake", "iris", 2, "unix:dead")],
        ),
        (
            InFlight(id=2, gateway="g", loads=[Load(model="iris", version=1, in_flight=3)]),
            Addresses(id=2, served=[VersionAddresses(model="iris", version=1, addresses=["unix:w1"])]), [("loads", "g", 1)],
        ),
        (
            DiagnoseExit(id=3, model="iris", version=1, address="unix:w"),
            ExitDiagnosis(id=3, out_of_memory="1 GiB of iris:1 at unix:w"), [],
        ),
        (
            ReportHang(id=4, model="iris", version=1, address="unix:w", silent_seconds=31.0), Ack(id=4),
            [("kill", "iris", 1, "unix:w", 31.0)],
        ),
        (Describe(id=5, machine=False), Described(id=5, machine=None, replicas=[], warning=warning_of(NO_SANDBOX)), []),
    ],
)  # fmt: skip
def test_each_request_is_done_and_answered_under_its_id(
    scene: Scene, request_: ToHost, answer: FromHost, done: list[Any]
) -> None:
    assert asyncio.run(scene.answer(request_)) == answer
    assert scene.parts.done == done


def test_a_failure_is_an_answer_with_its_reason(scene: Scene) -> None:
    scene.parts.error = HostFailure("paused", "It is paused.", hint="Resume it.")
    assert asyncio.run(scene.answer(Wake(id=9, model="iris", version=1))) == Failed(
        id=9, code="paused", detail="It is paused.", hint="Resume it."
    )


def test_a_fault_of_the_host_is_an_answer_too(scene: Scene) -> None:
    scene.parts.error = RuntimeError("boom")
    answer = asyncio.run(scene.answer(Wake(id=9, model="iris", version=1)))
    assert isinstance(answer, Failed)
    assert (answer.id, answer.code) == (9, "internal_error")
    assert "RuntimeError: boom" in answer.detail


def test_progress_comes_before_the_end(scene: Scene) -> None:
    manifest = Manifest(loader=Loader(kind="python"), files=[], python="3.11", requirements=["six"])
    answer = asyncio.run(scene.answer(Prepare(id=3, model="iris", manifest=manifest)))
    assert scene.said == [Progress(id=3, step="lock", state="started")]
    assert isinstance(answer, Failed)
    assert (answer.code, answer.step) == ("lock_failed", "lock")


def test_what_no_version_has_any_more_is_deleted_once_nobody_uses_it(scene: Scene) -> None:
    scene.publish(1, NEW)
    answer = run_in_virtual_time(scene.answer(Delete(id=1, bundles=[OLD], environments=[OLD])))
    assert answer == Deleted(id=1)
    assert scene.parts.done == [("unused", [OLD], [OLD]), ("forget", OLD), ("forget", OLD)]


def test_what_is_still_published_is_not_deleted(scene: Scene) -> None:
    scene.publish(1, OLD)
    answer = run_in_virtual_time(scene.answer(Delete(id=1, bundles=[OLD, NEW])))
    assert answer == Deleted(id=1)
    assert scene.parts.done == [("unused", [NEW], []), ("forget", NEW)]


def test_a_publication_that_is_on_its_way_is_waited_for(scene: Scene) -> None:
    async def story() -> None:
        scene.publish(1, OLD)
        deleting = asyncio.create_task(scene.answer(Delete(id=1, bundles=[OLD])))
        await asyncio.sleep(1)
        assert scene.parts.done == []
        scene.publish(2, NEW)
        await deleting
        assert ("forget", OLD) in scene.parts.done

    run_in_virtual_time(story())


def test_secrets_are_held_and_named_without_their_values(scene: Scene) -> None:
    async def story() -> FromHost:
        held = await scene.answer(HoldSecrets(id=1, model="iris", revision=7, values={"KEY": "hunter2"}))
        assert held == Ack(id=1)
        return await scene.answer(DescribeSecrets(id=2))

    assert asyncio.run(story()) == HeldSecrets(id=2, revisions={"iris": 7})
