"""The host and a model's secrets: its workers have them, nobody else does, and a change replaces those who run."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest

from tests.component.host.running import ENVIRONMENT, PYTHON, RunningHost, put_blob, running_host
from tests.component.host.test_limits import zygotes
from tests.support.processes import matching
from tests.support.routing import publish_routing
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import BundleFile, Loader, Manifest
from unshelf.contracts.protocols.frames import NATIVE, PREDICT, REQUEST, RESPONSE
from unshelf.contracts.protocols.host import Ack, Awake, DescribeSecrets, Failed, HeldSecrets, HoldSecrets, Wake
from unshelf.contracts.routing import ModelRoute, RoutingTable, Share, VersionRoute
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.host.launch.process import WORKER_MAIN

VALUE = "correct horse battery staple"
SIGNATURE = Signature(inputs=Columns(columns=[Column(name="x", type="float64")]))
CODE = b"""
import os
AT_LOAD = os.environ.get("SERVICE_KEY")

def predict(rows):
    if os.environ.get("MODE") == "network":
        with open(os.environ["SSL_CERT_FILE"]) as file:
            return [[file.read(), os.environ.get("HTTPS_PROXY"), os.environ.get("PIP_INDEX_URL")]]
    return [[AT_LOAD, os.environ.get("SERVICE_KEY"), os.environ.get("MODE")]] * len(rows)
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[RunningHost]:
    with running_host(tmp_path / "home", worker=WORKER_MAIN) as running:
        yield running


class Stage:
    """Models of one environment on a host."""

    def __init__(self, host: RunningHost) -> None:
        self.host = host
        self.models: dict[str, ModelRoute] = {}
        self._generation = 0

    def publish(self, model: str, *, secrets: int = 0, **route: Any) -> None:
        manifest = Manifest(
            loader=Loader(kind="python", entry="predict.py:predict"),
            files=[BundleFile(path="predict.py", sha256=put_blob(self.host.home, CODE), size=len(CODE))],
            python=PYTHON, signature=SIGNATURE, contains_code=True,
        )  # fmt: skip
        (self.host.home / "manifests" / f"{manifest.digest}.json").write_bytes(manifest.encode())
        version = VersionRoute(
            bundle=manifest.digest, environment=ENVIRONMENT, signature=SIGNATURE, platform="python", secrets=secrets,
            **{"fork_safe": True, **route},
        )  # fmt: skip
        self.models[model] = ModelRoute(versions={1: version}, release=[Share(version=1, percent=100.0)])
        self._generation += 1
        publish_routing(self.host.run, RoutingTable(generation=self._generation, models=dict(self.models)))

    def hold(self, model: str, revision: int, **values: str) -> None:
        assert self.host.sender().ask(HoldSecrets(id=1, model=model, revision=revision, values=values)) == Ack(id=1)

    def wake(self, model: str) -> Awake:
        answer = self.host.sender().ask(Wake(id=1, model=model, version=1))
        assert isinstance(answer, Awake), answer
        return answer

    def pids(self) -> set[int]:
        return {replica.pid for replica in self.host.describe(machine=False).replicas}

    def seen_now(self, model: str) -> list[Any]:
        """As `seen`; nothing where its worker is replaced meanwhile."""
        try:
            return self.seen(model)
        except OSError:
            return []

    def seen(self, model: str) -> list[Any]:
        """The secret at load, the secret now, and the variable MODE of the model's worker."""
        body = json.dumps({"inputs": [{"x": 1.0}]}).encode()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            self.host.connect(connection, self.wake(model).address)
            connection.sendall(REQUEST.pack(REQUEST.size - 4 + len(body), 1, PREDICT, NATIVE, 0, 0) + body)
            answer = b""
            while len(answer) < 4 or len(answer) < 4 + int.from_bytes(answer[:4], "little"):
                more = connection.recv(65536)
                if not more:
                    raise ConnectionError("the worker hung up")
                answer += more
        assert RESPONSE.unpack_from(answer)[2] == 200, answer
        found: list[Any] = json.loads(answer[RESPONSE.size :])[0]
        return found


@pytest.mark.parametrize("fork_safe", [True, False])
def test_a_models_workers_have_its_secrets_and_its_siblings_do_not(host: RunningHost, fork_safe: bool) -> None:
    stage = Stage(host)
    stage.hold("mine", 7, SERVICE_KEY=VALUE)
    stage.publish("mine", secrets=7, env={"MODE": "a", "SERVICE_KEY": "the secret wins"}, fork_safe=fork_safe)
    stage.publish("other", env={"MODE": "b"}, fork_safe=fork_safe)
    stage.publish("plain", fork_safe=fork_safe)
    assert stage.wake("mine").how == ("forked" if fork_safe else "spawned")
    assert stage.seen("mine") == [VALUE, VALUE, "a"]
    assert stage.seen("other") == [None, None, "b"]
    assert stage.seen("plain") == [None, None, None]

    processes = [psutil.Process(host.process.pid), *host.children()]
    assert matching(processes, lambda child: VALUE in " ".join(child.cmdline())) == []
    assert matching(processes, lambda child: VALUE.encode() in Path(f"/proc/{child.pid}/environ").read_bytes()) == []
    for path in host.home.rglob("*"):
        if path.is_file():
            assert VALUE.encode() not in path.read_bytes(), path


def test_a_changed_secret_replaces_the_workers_that_run(host: RunningHost) -> None:
    stage = Stage(host)
    stage.hold("mine", 7, SERVICE_KEY="old")
    stage.publish("mine", secrets=7)
    before, old, warm = stage.seen("mine"), stage.pids(), zygotes(host)
    assert len(warm) == 1
    stage.hold("mine", 8, SERVICE_KEY="new")
    assert stage.seen("mine") == before, "it is not published yet"
    stage.publish("mine", secrets=8)
    wait_until(lambda: stage.seen_now("mine")[:2] == ["new", "new"])
    wait_until(lambda: len(stage.pids()) == 1)
    assert stage.pids() != old
    wait_until(
        lambda: not warm[0].is_running() or warm[0].status() == psutil.STATUS_ZOMBIE, what="nobody has the old value"
    )
    stage.hold("mine", 0)
    stage.publish("mine")
    wait_until(lambda: stage.seen_now("mine")[:2] == [None, None])
    wait_until(lambda: [replica.state for replica in host.describe(machine=False).replicas] == ["serving"])


@pytest.mark.long
def test_without_control_workers_start_with_the_secrets_of_before(host: RunningHost) -> None:
    stage = Stage(host)
    stage.hold("mine", 7, SERVICE_KEY=VALUE)
    stage.publish("mine", secrets=7)
    os.kill(host.process.pid, signal.SIGKILL)
    host.process.wait(60)
    assert host.process.stdin is not None
    host.process.stdin.close()
    host.start()
    assert host.sender().ask(DescribeSecrets(id=1)) == HeldSecrets(id=1, revisions={"mine": 7})
    assert stage.seen("mine")[0] == VALUE


@pytest.mark.long
def test_no_worker_starts_with_older_secrets_than_are_published(host: RunningHost) -> None:
    stage = Stage(host)
    stage.hold("mine", 7, SERVICE_KEY="old")
    stage.publish("mine", secrets=8)
    answer = host.sender().ask(Wake(id=1, model="mine", version=1))
    assert isinstance(answer, Failed), answer
    assert (answer.code, answer.detail) == ("unavailable", "the secrets of mine are not here yet")
    assert answer.retry_after
    stage.hold("mine", 8, SERVICE_KEY="new")
    wait_until(lambda: isinstance(host.sender().ask(Wake(id=1, model="mine", version=1)), Awake))
    assert stage.seen("mine")[0] == "new"


@pytest.mark.parametrize("fork_safe", [True, False])
def test_the_operators_proxy_and_authority_reach_workers_without_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fork_safe: bool
) -> None:
    # Not below /tmp: a worker finds its own folder there.
    with TemporaryDirectory(dir="/srv" if os.access("/srv", os.W_OK) else tmp_path) as folder:
        authority = Path(folder, "authority.pem")
        authority.write_text("our certificate")
        authority.chmod(0o644)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        monkeypatch.setenv("HTTPS_PROXY", "http://ana:hunter2@proxy.example.org:3128")
        monkeypatch.setenv("PIP_INDEX_URL", "https://ana:hunter2@index.example.org/simple")
        with running_host(tmp_path / "home", worker=WORKER_MAIN) as host:
            stage = Stage(host)
            stage.publish("mine", env={"MODE": "network"}, fork_safe=fork_safe)
            assert stage.seen("mine") == ["our certificate", "http://proxy.example.org:3128", None]
