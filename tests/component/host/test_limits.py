"""Warm starts and limits, with a real host, the real worker and real processes."""

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.component.host.running import PYTHON, RunningHost, put_blob, running_host
from tests.support.processes import matching
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import BundleFile, Loader, Manifest, Resources
from unshelf.contracts.protocols.frames import NATIVE, PREDICT, REQUEST, RESPONSE
from unshelf.contracts.protocols.host import (
    Ack,
    Addresses,
    Awake,
    DiagnoseExit,
    ExitDiagnosis,
    Failed,
    InFlight,
    Load,
    Prepare,
    Replica,
    ReportHang,
    Wake,
)
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.host.launch.process import WORKER_MAIN

MIB = 1 << 20
ZYGOTES_NAMESPACES = 2 if os.getuid() == 0 else 1
SIGNATURE = Signature(inputs=Columns(columns=[Column(name="x", type="float64")]))
TIERS = {
    "small": {"cpu": 1, "memory_bytes": 200 * MIB, "threads": 1},
    "wide": {"cpu": 2, "memory_bytes": 200 * MIB, "threads": 2},
}
CODE = """
import os, time

def predict(rows):
    x = rows[0]["x"]
    if x < 0:
        time.sleep(-x)
    if x == 1000:
        held = bytearray(1 << 30)
        held[::4096] = b"x" * len(held[::4096])
    return [os.getpid()] * len(rows)
"""


def bundle(host: RunningHost, *, note: str = "", tier: str = "small") -> Manifest:
    code = CODE.encode() + note.encode()
    return Manifest(
        loader=Loader(kind="python", entry="predict.py:predict"),
        files=[BundleFile(path="predict.py", sha256=put_blob(host.home, code), size=len(code))],
        python=PYTHON, signature=SIGNATURE, resources=Resources(tier=tier), contains_code=True,
    )  # fmt: skip


def publish(host: RunningHost, *manifests: Manifest, **route: Any) -> None:
    host.publish(*manifests, **{"signature": SIGNATURE, "fork_safe": True, "platform": "python", **route})


@pytest.fixture
def host(tmp_path: Path) -> Iterator[RunningHost]:
    with running_host(tmp_path / "home", worker=WORKER_MAIN, tiers=TIERS) as running:
        yield running


def wake(host: RunningHost, version: int = 1, **asked: Any) -> str:
    answer = host.sender().ask(Wake(id=1, model="m", version=version, **asked))
    assert isinstance(answer, Awake), answer
    return answer.address


def ask(host: RunningHost, address: str, x: float = 1.0) -> tuple[int, Any]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        host.connect(connection, address)
        return predict(connection, x)


def predict(connection: socket.socket, x: float = 1.0) -> tuple[int, Any]:
    """Ask an open connection; EOFError when the worker dies over it."""
    body = json.dumps({"inputs": [{"x": x}]}).encode()
    connection.sendall(REQUEST.pack(REQUEST.size - 4 + len(body), 1, PREDICT, NATIVE, 0, 0) + body)
    answer = b""
    while len(answer) < 4 or len(answer) < 4 + int.from_bytes(answer[:4], "little"):
        more = connection.recv(65536)
        if not more:
            raise EOFError
        answer += more
    return RESPONSE.unpack_from(answer)[2], json.loads(answer[RESPONSE.size :])


def replicas(host: RunningHost) -> list[Replica]:
    return host.describe().replicas


def zygotes(host: RunningHost) -> list[psutil.Process]:
    """The zygotes: not what keeps their sandboxes, nor the workers in namespaces below theirs."""
    return matching(
        psutil.Process(host.process.pid).children(recursive=True),
        lambda child: (
            child.status() != psutil.STATUS_ZOMBIE
            and "zygote" in child.cmdline()
            and "-S" not in child.cmdline()
            and namespaces(child.pid) == ZYGOTES_NAMESPACES
        ),
    )


def namespaces(pid: int) -> int:
    """In how many process namespaces, one in the other, a process is, as far as we see."""
    return len(pids_of(pid))


def pids_of(pid: int) -> list[int]:
    """The pids that a process has, in our process namespace and each below."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("NSpid:"))
    return [int(word) for word in line.split()[1:]]


def forked(zygote: psutil.Process) -> set[int]:
    """The pids of its workers; in a sandbox, process 1 of a namespace stands between. One that was forked ahead and waits leads no
    session yet."""
    leaves = matching(
        zygote.children(recursive=True), lambda child: not child.children() and os.getsid(child.pid) == child.pid
    )
    return {child.pid for child in leaves}


def waiting(zygote: psutil.Process) -> set[int]:
    """The pids of workers that were forked ahead and wait for their order."""
    inside = matching(
        zygote.children(recursive=True),
        lambda child: namespaces(child.pid) > ZYGOTES_NAMESPACES and pids_of(child.pid)[-1] != 1,
    )
    return {child.pid for child in matching(inside, lambda child: os.getsid(child.pid) != child.pid)}


def test_versions_of_one_environment_are_forked_from_one_warm_process(host: RunningHost) -> None:
    publish(host, bundle(host), bundle(host, note="# second"))
    first, second = wake(host, 1), wake(host, 2)

    (zygote,) = zygotes(host)
    pids = forked(zygote)
    assert {host.pid_at(address) for address in (first, second)} == pids
    assert [ask(host, address)[0] for address in (first, second)] == [200, 200]
    assert {replica.started_by for replica in replicas(host)} == {"fork"}
    assert {os.getpgid(pid) for pid in pids} == pids, "each leads a group of its own"

    os.kill(next(iter(pids)), signal.SIGKILL)
    wait_until(lambda: len(replicas(host)) == 1)
    wait_until(lambda: len(forked(zygote)) == 1, what="the zygote reaps")


@pytest.mark.long
@pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")
def test_behind_walls_the_next_worker_is_forked_before_anybody_asks(host: RunningHost) -> None:
    """Given a worker that was forked, then another waits, and is the next one; when it was killed, a new one is forked instead."""
    publish(host, *(bundle(host, note=f"# {number}") for number in range(3)))
    wake(host, 1)
    (zygote,) = zygotes(host)
    (ahead,) = wait_until(lambda: waiting(zygote))
    assert host.pid_at(wake(host, 2)) == ahead

    (killed,) = wait_until(lambda: waiting(zygote) - {ahead})
    os.kill(psutil.Process(killed).ppid(), signal.SIGKILL)
    wait_until(lambda: killed not in waiting(zygote))
    address = wake(host, 3)
    assert host.pid_at(address) != killed
    assert ask(host, address)[0] == 200
    assert {replica.started_by for replica in replicas(host)} == {"fork"}


def test_a_warm_process_has_imported_the_loaders_of_its_versions(host: RunningHost) -> None:
    """Given versions that scikit-learn's loader opens, then a worker forked for one has that module from its zygote."""
    code = (
        b"import sys\n\ndef predict(rows):\n    return ['unshelf_worker.loaders.sklearn' in sys.modules] * len(rows)\n"
    )
    manifest = Manifest(
        loader=Loader(kind="python", entry="predict.py:predict"),
        files=[BundleFile(path="predict.py", sha256=put_blob(host.home, code), size=len(code))],
        python=PYTHON, signature=SIGNATURE, contains_code=True,
    )  # fmt: skip
    publish(host, manifest, platform="sklearn_skops")
    assert ask(host, wake(host)) == (200, [True])
    assert [replica.started_by for replica in replicas(host)] == ["fork"]


@pytest.mark.long
def test_what_was_not_proved_to_fork_safely_is_spawned_and_says_so(host: RunningHost) -> None:
    publish(host, bundle(host), fork_safe=False)
    assert ask(host, wake(host))[0] == 200
    (replica,) = replicas(host)
    assert (replica.started_by, zygotes(host)) == ("spawn", [])
    assert "did not prove" in replica.spawned_because


@pytest.mark.long
def test_a_killed_zygote_takes_nobody_with_it_and_is_started_again(host: RunningHost) -> None:
    publish(host, bundle(host), bundle(host, note="# second"))
    first = wake(host)
    (before,) = zygotes(host)
    before.kill()
    assert ask(host, wake(host, 2))[0] == 200
    assert ask(host, first)[0] == 200, "its children live"
    (after,) = zygotes(host)
    assert after.pid != before.pid

    orphan = next(replica for replica in replicas(host) if replica.version == 1)
    os.kill(orphan.pid, signal.SIGKILL)
    wait_until(lambda: {replica.version for replica in replicas(host)} == {2})
    assert wake(host, not_address=first) != first


@pytest.mark.long
def test_a_zygote_that_can_not_start_is_no_reason_not_to_serve(tmp_path: Path) -> None:
    worker = tmp_path / "worker"
    worker.mkdir()
    main = worker / "main.py"
    shutil.copytree(WORKER_MAIN.parent, worker / "real")
    main.write_text(
        "import pathlib, runpy, sys\nif 'zygote' in sys.argv: sys.exit(3)\n"
        "real = sys.argv[0] = str(pathlib.Path(__file__).parent / 'real' / '__main__.py')\n"
        "runpy.run_path(real, run_name='__main__')\n"
    )
    with running_host(tmp_path / "home", worker=main) as host:
        publish(host, bundle(host))
        assert ask(host, wake(host))[0] == 200
        (replica,) = replicas(host)
        assert replica.started_by == "spawn"
        assert "zygote" in replica.spawned_because


def test_a_killed_hosts_zygotes_end_and_their_children_serve_on(tmp_path: Path) -> None:
    with running_host(tmp_path / "home", worker=WORKER_MAIN) as host:
        publish(host, bundle(host))
        address = wake(host)
        (zygote,) = zygotes(host)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            host.connect(connection, address)
            pid = host.pid_at(address)
            told = predict(connection)
            host.process.kill()
            host.process.wait()
            assert host.process.stdin is not None
            host.process.stdin.close()
            wait_until(lambda: not zygote.is_running() or zygote.status() == psutil.STATUS_ZOMBIE)
            assert predict(connection) == told
        wait_until(lambda: not psutil.pid_exists(pid))
        host.start()
        assert wake(host) != address


@pytest.mark.long
def test_a_worker_has_its_tiers_threads_and_limits_and_dies_alone_when_it_wants_more(host: RunningHost) -> None:
    publish(host, bundle(host), bundle(host, note="# second"))
    first, second = wake(host, 1), wake(host, 2)
    assert ask(host, second)[0] == 200
    limits = next(replica.limits for replica in replicas(host) if replica.version == 1)
    assert any(limit.startswith("memory 200 MiB") for limit in limits), limits

    with pytest.raises((EOFError, ConnectionError)):
        ask(host, first, 1000)
    why = host.sender().ask(DiagnoseExit(id=1, model="m", version=1, address=first))

    assert why == ExitDiagnosis(id=1, out_of_memory="200 MiB, tier small")
    assert ask(host, second)[0] == 200
    assert ask(host, wake(host, 1, not_address=first))[0] == 200
    assert host.sender().ask(DiagnoseExit(id=1, model="m", version=2, address=second)) == ExitDiagnosis(id=1)


def test_tiers_with_other_threads_have_a_zygote_of_their_own(host: RunningHost) -> None:
    publish(host, bundle(host), tier="wide")
    wake(host)
    (zygote,) = zygotes(host)
    assert zygote.environ()["OMP_NUM_THREADS"] == "2", zygote.cmdline()


def test_a_deploy_with_an_unknown_tier_is_refused_with_those_there_are(host: RunningHost) -> None:
    refused = host.sender().ask(Prepare(id=1, model="m", manifest=bundle(host, tier="huge")))
    assert isinstance(refused, Failed)
    assert refused.code == "unknown_tier"
    assert "'huge'" in refused.detail
    assert "small (1 cpu, 200 MiB), wide" in refused.detail


def test_the_check_runs_under_the_limits_of_its_tier(host: RunningHost) -> None:
    """Given a model whose example needs more than its tier has, then the deploy fails and says so, not the first caller."""
    code = CODE.replace("x == 1000", "x == 5").encode()
    example = json.dumps({"inputs": [{"x": 5.0}]}).encode()
    manifest = Manifest(
        loader=Loader(kind="python", entry="predict.py:predict"),
        files=[
            BundleFile(path="predict.py", sha256=put_blob(host.home, code), size=len(code)),
            BundleFile(path="example.json", sha256=put_blob(host.home, example), size=len(example)),
        ],
        python=PYTHON, signature=SIGNATURE, contains_code=True, example="example.json",
    )  # fmt: skip
    refused = host.sender().ask(Prepare(id=1, model="m", manifest=manifest))
    assert isinstance(refused, Failed)
    assert refused.code == "check_failed"
    assert "predicting the example failed: it ran out of its memory (200 MiB, tier small)" in refused.detail
    assert "larger tier" in refused.hint


@pytest.mark.long
def test_a_worker_that_hangs_is_killed_and_one_that_was_heard_is_not(host: RunningHost) -> None:
    publish(host, bundle(host))
    address = wake(host)
    pid = host.pid_at(address)
    hanging = socket.socket(socket.AF_UNIX)
    with hanging:
        host.connect(hanging, address)
        hanging.settimeout(0.1)
        with pytest.raises(TimeoutError):
            predict(hanging, -300.0)
        time.sleep(1.2)
        stuck = ReportHang(id=1, model="m", version=1, address=address, silent_seconds=60.0)
        assert host.sender().ask(stuck) == Ack(id=1)
        assert psutil.pid_exists(pid), "it was heard in the last 60 seconds"
        host.sender().ask(ReportHang(id=2, model="m", version=1, address=address, silent_seconds=1.0))
        wait_until(lambda: not psutil.pid_exists(pid))
    assert ask(host, wake(host, not_address=address))[0] == 200


def test_replicas_come_with_the_load_and_go_after_it(host: RunningHost) -> None:
    publish(host, bundle(host), max_replicas=2, idle_seconds=1.0)
    wake(host)
    sender = host.sender()

    def served(in_flight: int) -> list[str]:
        load = [Load(model="m", version=1, in_flight=in_flight)]
        answer = sender.ask(InFlight(id=1, gateway="g", loads=load))
        assert isinstance(answer, Addresses)
        return answer.served[0].addresses if answer.served else []

    wait_until(lambda: len(served(50)) == 2)
    time.sleep(1.5)
    assert len(served(50)) == 2, "no more than the most, and none is idle while there is load"
    wait_until(lambda: not served(0))


@pytest.mark.long
def test_idle_workers_go_when_the_budget_is_needed_and_come_back_when_called(tmp_path: Path) -> None:
    with running_host(tmp_path / "home", worker=WORKER_MAIN, memory_budget_bytes=25 * MIB) as host:
        publish(host, *(bundle(host, note=f"# {number}") for number in range(6)))
        for version in range(1, 7):
            wake(host, version)
            time.sleep(1.1)
        alive = {replica.version for replica in replicas(host) if replica.state == "serving"}
        assert 6 in alive
        assert 1 not in alive, "the least recently used went first"
        assert ask(host, wake(host, 1))[0] == 200
