"""Worker processes and their logs, one at a time."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvloop

from tests.support.waiting import wait_until
from unshelf.contracts.bundle import Loader, Manifest
from unshelf.contracts.protocols.worker import WorkerConfig, WorkerServing, WorkerUsed
from unshelf.host.launch.process import Worker, WorkerSpec
from unshelf.host.machine.memory import resident_bytes

SLOW_READER = """
import json, os, sys, time
time.sleep(0.2)
config = json.loads(sys.stdin.readline())
found = {"event": "serving", "load_seconds": len(config["model"]), "limits": [os.environ["HOME"], os.getcwd()]}
os.write(int(sys.argv[3]), json.dumps(found).encode() + b"\\n")
sys.stdin.read()
"""
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "300"])
os.write(int(sys.argv[3]), b'{"event": "used", "requests": %d, "last_used": 0}\\n' % child.pid)
os.write(int(sys.argv[3]), b'nonsense\\n[]\\n{"event": "other"}\\n{"event": "used"}\\n')
time.sleep(300)
"""


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return uvloop.run(work)


def launch(folder: Path, program: str, *, model: str = "m") -> WorkerSpec:
    main = folder / "worker.py"
    main.write_text(program)
    manifest = Manifest(loader=Loader(kind="python"), files=[], python="3.11")
    config = WorkerConfig(bundle=str(folder), model=model, version=0, manifest=manifest, signature=None)
    return WorkerSpec(
        mode="check", python=Path(sys.executable), config=config, log_file=folder / "log", run=folder, threads=3,
        main=main,
    )  # fmt: skip


def test_a_long_configuration_reaches_a_slow_reader_and_its_scratch_folder_goes_with_it(tmp_path: Path) -> None:
    async def story() -> WorkerServing:
        worker = await Worker.start(launch(tmp_path, SLOW_READER, model="x" * 3_000_000))
        report = await anext(worker.reports())
        assert isinstance(report, WorkerServing)
        assert resident_bytes(worker.pid) > 1_000_000
        worker.kill()
        assert await worker.ended == -9
        assert resident_bytes(worker.pid) == 0
        return report

    report = run(story())
    assert report.load_seconds == 3_000_000
    home, here = report.limits
    assert home == here
    assert not Path(home).exists()


def _is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_worker_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path) -> None:
    async def story() -> int:
        worker = await Worker.start(launch(tmp_path, STUBBORN))
        reports = worker.reports()
        report = await anext(reports)
        assert isinstance(report, WorkerUsed)
        assert await worker.stop(patience=0.2) == -9
        assert [report async for report in reports] == [], "what is no report was taken for one"
        return report.requests

    child = run(story())
    wait_until(lambda: _is_gone(child), what="the child that was killed has ended")


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.003, 0.01])
def test_a_start_cancelled_at_any_moment_leaves_nothing(tmp_path: Path, delay: float) -> None:
    children = set(psutil.Process().children())

    async def story() -> None:
        before = psutil.Process().num_fds()
        starting = asyncio.create_task(Worker.start(launch(tmp_path, STUBBORN)))
        await asyncio.sleep(delay)
        if starting.done():
            worker = await starting
            worker.kill()
            await worker.ended
        starting.cancel()
        await asyncio.wait([starting])
        await asyncio.sleep(0.05)
        assert psutil.Process().num_fds() <= before + 3  # the loop's own: what sees processes end

    run(story())
    assert not list(tmp_path.glob("scratch-*"))
    assert set(psutil.Process().children()) == children
