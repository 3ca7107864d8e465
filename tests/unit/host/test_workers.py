"""Worker processes and their logs, one at a time."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvloop

from unshelf.host.memory import resident_bytes
from unshelf.host.worker_logs import MAX_BYTES, WorkerLogs, tail
from unshelf.host.workers import THREADS, Launch, Worker, worker_environment

SLOW_READER = """
import json, os, sys, time
time.sleep(0.2)
spec = json.loads(sys.stdin.readline())
os.write(int(sys.argv[3]), json.dumps({"length": len(spec["long"]), "home": os.environ["HOME"], "here": os.getcwd()}).encode() + b"\\n")
sys.stdin.read()
"""
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "300"])
os.write(int(sys.argv[3]), b'{"child": %d}\\nnonsense\\n[]\\n' % child.pid)
time.sleep(300)
"""


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return uvloop.run(work)


def launch(folder: Path, program: str, **spec: Any) -> Launch:
    main = folder / "worker.py"
    main.write_text(program)
    return Launch(
        mode="check", python=Path(sys.executable), spec=spec, log_file=folder / "log", run=folder, threads=3,
        main=main,
    )  # fmt: skip


def test_a_long_specification_reaches_a_slow_reader_and_its_scratch_folder_goes_with_it(tmp_path: Path) -> None:
    async def story() -> dict[str, Any]:
        worker = await Worker.start(launch(tmp_path, SLOW_READER, long="x" * 3_000_000))
        report = await anext(worker.reports())
        assert resident_bytes(worker.pid) > 1_000_000
        worker.kill()
        assert await worker.ended == -9
        assert resident_bytes(worker.pid) == 0
        return report

    report = run(story())
    assert report["length"] == 3_000_000
    assert report["home"] == report["here"]
    assert not Path(report["home"]).exists()


def test_a_worker_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path) -> None:
    async def story() -> int:
        worker = await Worker.start(launch(tmp_path, STUBBORN))
        reports = worker.reports()
        child = (await anext(reports))["child"]
        assert await worker.stop(patience=0.2) == -9
        assert [report async for report in reports] == [], "what is no report was taken for one"
        return int(child)

    child = run(story())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


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


def test_a_worker_sees_nothing_of_ours_and_nothing_secret() -> None:
    ours = {
        "PATH": "/bin", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "0", "OMP_NUM_THREADS": "2", "UNSHELF_TOKEN": "x",
        "AWS_SECRET_ACCESS_KEY": "x", "PYTHONPATH": "/x", "PIP_INDEX_URL": "x", "HOME": "/root", "DATABASE_URL": "x",
    }  # fmt: skip
    assert worker_environment(ours, python=Path("/env/bin/python"), scratch=Path("/s"), threads=3) == {
        "PATH": "/env/bin:/bin",
        "LC_ALL": "C",
        "CUDA_VISIBLE_DEVICES": "",
        **dict.fromkeys(THREADS, "3"),
        "HOME": "/s",
        "TMPDIR": "/s",
    }


def test_a_log_that_grew_too_large_is_moved_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    logs = WorkerLogs(tmp_path)
    path = logs.file("m", 1)
    with path.open("ab", buffering=0) as writer:
        writer.write(b"x" * (MAX_BYTES + 1))
        logs.trim()
        writer.write(b"after\n")
    assert path.read_bytes() == b"after\n"
    assert (tmp_path / "m-1.log.1").stat().st_size == MAX_BYTES + 1
    logs.forget_all_but({("m-1", 1)})
    assert list(tmp_path.iterdir()) == []


def test_the_tail_of_a_log_is_of_this_run_only(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    since = path.stat().st_size
    with path.open("a") as file:
        file.write("\n".join(map(str, range(100))))
    assert tail(path, since=since, lines=2) == "98\n99"
    assert "before" not in tail(path, since=since, lines=1000)
    assert tail(path, since=10_000_000).endswith("99"), "a log that was trimmed meanwhile"
    assert tail(tmp_path / "none") == ""
