"""GPUs in tiers: whole ones, each for one worker at a time; with a real host and real workers, which need no GPU to be told of one."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.component.host.running import PYTHON, RunningHost, put_blob, running_host
from tests.component.host.test_limits import MIB, SIGNATURE, predict, publish, replicas, wake, zygotes
from unshelf.contracts.bundle import BundleFile, Loader, Manifest, Resources
from unshelf.contracts.protocols.host import Awake, Failed, Prepare, Wake
from unshelf.host.launch.process import WORKER_MAIN

SMALL = {"cpu": 1, "memory_bytes": 200 * MIB, "threads": 1}
TIERS = {"small": SMALL, "gpu": {**SMALL, "gpu": 1}, "both": {**SMALL, "gpu": 2}, "many": {**SMALL, "gpu": 3}}
CODE = """
import os

def predict(rows):
    return [os.environ["CUDA_VISIBLE_DEVICES"]] * len(rows)
"""


def bundle(host: RunningHost, *, note: str = "", tier: str = "gpu") -> Manifest:
    code, example = CODE.encode() + note.encode(), json.dumps({"inputs": [{"x": 1.0}]}).encode()
    return Manifest(
        loader=Loader(kind="python", entry="predict.py:predict"),
        files=[
            BundleFile(path="predict.py", sha256=put_blob(host.home, code), size=len(code)),
            BundleFile(path="example.json", sha256=put_blob(host.home, example), size=len(example)),
        ],
        python=PYTHON, signature=SIGNATURE, resources=Resources(tier=tier), contains_code=True, example="example.json",
    )  # fmt: skip


@pytest.fixture
def host(tmp_path: Path) -> Iterator[RunningHost]:
    with running_host(tmp_path / "home", worker=WORKER_MAIN, tiers=TIERS, gpus=2, start_seconds=60) as running:
        yield running


def seen_by(host: RunningHost, address: str) -> str:
    """The GPUs that a worker sees."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        host.connect(connection, address)
        status, (seen,) = predict(connection)
    assert status == 200
    return str(seen)


def test_each_worker_has_a_gpu_of_its_own_and_is_not_forked(host: RunningHost) -> None:
    publish(host, bundle(host), bundle(host, note="# 2"), tier="gpu")
    assert {seen_by(host, wake(host, version)) for version in (1, 2)} == {"0", "1"}
    assert {(tuple(one.gpus), one.started_by) for one in replicas(host)} == {(("0",), "spawn"), (("1",), "spawn")}
    assert "its tier has GPUs" in replicas(host)[0].spawned_because
    assert zygotes(host) == []
    machine = host.describe().machine
    assert machine is not None
    assert (machine.gpus, machine.gpus_free) == (2, 0)


def test_a_worker_of_a_tier_without_sees_none_forked_or_not(host: RunningHost) -> None:
    publish(host, bundle(host), tier="small")
    assert seen_by(host, wake(host)) == ""
    assert replicas(host)[0].started_by == "fork"
    publish(host, bundle(host), bundle(host, note="# 2"), tier="small", fork_safe=False)
    assert seen_by(host, wake(host, 2)) == ""


@pytest.mark.long
def test_who_waits_for_gpus_has_idle_workers_go(host: RunningHost) -> None:
    publish(host, *(bundle(host, note=f"# {number}") for number in range(3)), tier="gpu")
    for version in (1, 2):
        wake(host, version)
    assert seen_by(host, wake(host, 3)) == "0"
    assert 2 in {one.version for one in replicas(host) if one.state == "serving"}

    publish(host, *(bundle(host, note=f"# {number}") for number in range(3)), bundle(host, note="# both"), tier="both")
    assert seen_by(host, wake(host, 4)) in ("0,1", "1,0")


@pytest.mark.long
def test_without_an_idle_one_a_start_fails_in_time_and_goes_well_later(tmp_path: Path) -> None:
    with running_host(tmp_path / "home", worker=WORKER_MAIN, tiers=TIERS, gpus=2, start_seconds=5) as host:
        _fail_and_go_well(host)


def _fail_and_go_well(host: RunningHost) -> None:
    manifests = [bundle(host, note=f"# {number}") for number in range(3)]
    publish(host, *manifests[:2], tier="gpu", min_replicas=1)
    for version in (1, 2):
        wake(host, version)
    publish(host, *manifests, tier="gpu", min_replicas=1)
    refused = host.sender().ask(Wake(id=1, model="m", version=3))
    assert isinstance(refused, Failed)
    assert (refused.code, "all GPUs of this machine are in use" in refused.detail) == ("unavailable", True)

    publish(host, *manifests, tier="gpu")
    woken: Any = refused
    while isinstance(woken, Failed):  # it is held back for a moment after a start that failed
        woken = host.sender().ask(Wake(id=2, model="m", version=3))
    assert isinstance(woken, Awake)


def test_a_tier_that_asks_for_more_than_there_is_fails_the_deploy_and_the_start(host: RunningHost) -> None:
    publish(host, bundle(host), tier="many")
    for asked in (Prepare(id=1, model="m", manifest=bundle(host, tier="many")), Wake(id=1, model="m", version=1)):
        refused = host.sender().ask(asked)
        assert isinstance(refused, Failed)
        assert refused.code == "too_few_gpus"
        assert "asks for 3 GPUs, and this machine has 2 to give" in refused.detail
