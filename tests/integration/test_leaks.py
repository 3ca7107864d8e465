"""Deploys and removals leave processes, sockets and files where they were; after fifty of them, memory too."""

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.models import write_model
from tests.support.platform import Platform
from tests.support.waiting import wait_until

MEMORY_ROUNDS = 50


def _files(home: Path) -> set[str]:
    """What lies in the home folder, but for what comes and goes or is bounded by design: prediction segments, the database's side
    files, bytecode of the worker's own, the parts of the routing state
    (swept after a time of grace, which its unit tests show), and the at most 256 folders that blobs are spread over."""
    kept = []
    for path in home.rglob("*"):
        relative = path.relative_to(home)
        passing = path.suffix in {".seg", ".db-wal", ".db-shm"} or "__pycache__" in relative.parts
        passing = passing or relative.parts[:2] == ("run", "routing")
        if not passing and not (relative.parts[0] == "blobs" and path.is_dir()):
            kept.append(str(relative))
    return set(kept)


def _await_rest(platform: Platform) -> None:
    """Until the workers of removed models are gone, and their logs with them."""
    wait_until(lambda: platform.processes("worker") == [], what="workers of removed models are gone")
    logs = platform.home / "logs" / "workers"
    wait_until(lambda: list(logs.glob("leaf-*")) == [], what="logs of removed versions are gone")


def _descriptors(processes: list[psutil.Process]) -> dict[int, int]:
    return {process.pid: process.num_fds() for process in processes}


def _memory(processes: list[psutil.Process]) -> int:
    return sum(process.memory_info().rss for process in processes)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("warm_up", "rounds"), [(2, 2), pytest.param(10, MEMORY_ROUNDS, marks=pytest.mark.long)])
@pytest.mark.long
def test_deploys_and_removals_leave_nothing_behind(
    start_platform: Callable[..., Platform], tmp_path: Path, warm_up: int, rounds: int
) -> None:
    platform = start_platform(gateways="1")
    standing = [process for role in ("control", "gateway", "host") for process in platform.processes(role)]
    folder = write_model(tmp_path / "m", name="leaf")

    def deploy_and_remove(number: int) -> None:
        (folder / "predict.py").write_text(f"def predict(rows):\n    return [row['a'] + {number} for row in rows]\n")
        platform.cli("deploy", str(folder))
        assert platform.predict("leaf", [{"a": 1.0, "b": 1.0}]) == [1.0 + number]
        platform.cli("remove", "leaf", "--yes")

    for number in range(warm_up):
        deploy_and_remove(number)
    _await_rest(platform)
    files, descriptors, memory = _files(platform.home), _descriptors(standing), _memory(standing)

    for number in range(rounds):
        deploy_and_remove(100 + number)
    _await_rest(platform)
    wait_until(lambda: _files(platform.home) == files, what=f"files as before: {_files(platform.home) ^ files}")
    after = _descriptors(standing)
    assert {pid: after[pid] - before for pid, before in descriptors.items() if after[pid] > before + 3} == {}
    grown = _memory(standing) - memory
    # What a few rounds add says nothing: caches and pools fill.
    assert rounds < MEMORY_ROUNDS or grown < 0.10 * memory, f"{grown / 1e6:.1f} MB more than {memory / 1e6:.1f} MB"


@pytest.mark.long
def test_a_failed_deploy_leaves_nothing_behind(start_platform: Callable[..., Platform], tmp_path: Path) -> None:
    """At whichever step it fails: lock, build or check."""
    platform = start_platform(gateways="1")
    good = write_model(tmp_path / "good", name="good")
    platform.cli("deploy", str(good))
    wait_until(lambda: not list((platform.home / "run").glob("build-*")), what="the good build's own folder is gone")
    files = _files(platform.home)
    broken = [
        write_model(tmp_path / "lock", name="bad", requirements=("no-such-package-of-anyone-12345",)),
        write_model(tmp_path / "check", name="bad", code="raise RuntimeError('no')\n"),
        write_model(tmp_path / "predict", name="bad", code="def predict(rows):\n    return undefined\n"),
        write_model(tmp_path / "built", name="bad", code="raise RuntimeError('no')\n", requirements=("six==1.17.0",)),
    ]
    for folder in broken:
        done = platform.cli("deploy", str(folder), check=False)
        assert done.returncode == 1, done.stdout
    wait_until(lambda: _files(platform.home) == files, what=f"files as before: {_files(platform.home) ^ files}")
    assert [model["name"] for model in platform.http.get("/api/v1/models").json()["models"]] == ["good"]
