"""Jobs of a second of CPU each, 300 unless another number is given, on the cores that there are: each done once, and how long all of
them take beside the ideal, which is their CPU time divided by the cores.

What a job costs beyond its own second is printed: from the order to the end of all, and the CPU time that the platform accounts to them."""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.report import table
from tests.support.platform import Platform, running_platform

_PROGRAM = """
import os, time
while time.process_time() < %r:
    sum(range(1000))
with open(os.environ["UNSHELF_OUTPUTS"] + "/ran", "a") as file:
    file.write(os.environ["UNSHELF_ATTEMPT"])
"""
_OVERHEAD_SECONDS = 0.2
"""The most wall time that a job may add to the ideal."""
_WAIT_SECONDS = 1800.0
_LOOK_SECONDS = 2.0
"""Seldom, so that the question for hundreds of jobs is no part of what is measured."""
_ENDED = ("succeeded", "failed", "cancelled", "timed_out")

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-jobs ARGS=…", description=__doc__)
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds of each")
    parser.add_argument(
        "--cores", type=int, default=min(2, len(os.sched_getaffinity(0))), help="cores that jobs may take"
    )
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch,
        running_platform(Path(scratch) / "home", gateways="1", job_cores=str(options.cores)) as platform,
    ):
        script = Path(scratch) / "code" / "job.py"
        script.parent.mkdir()
        script.write_text(_PROGRAM % options.seconds)
        _warm_up(platform, script)
        began = time.perf_counter()
        platform.cli("run", str(script), "--copies", str(options.jobs), "--detach")
        jobs = _wait(platform, options.jobs)
        wall = time.perf_counter() - began
    ideal = options.jobs * options.seconds / options.cores
    bound = ideal + options.jobs * _OVERHEAD_SECONDS
    done, once = (sum(check(job) for job in jobs) for check in (_succeeded, _ran_once))
    used = sum(job["runs"][0]["cpu_seconds"] or 0.0 for job in jobs)
    rows = [
        ["ideal: CPU time / cores", f"{ideal:.1f}", ""],
        ["wall time", f"{wall:.1f}", f"{(wall - ideal) / options.jobs * 1000:.0f} ms a job beyond the ideal"],
        ["bound", f"{bound:.1f}", f"{_OVERHEAD_SECONDS * 1000:.0f} ms a job"],
        ["CPU time, as accounted", f"{used:.1f}", f"{(used / options.jobs - options.seconds) * 1000:.0f} ms each beyond its own"],
        ["median of a job, from start to end", f"{_median(jobs):.2f}", ""],
    ]  # fmt: skip
    console.print(
        table([f"{options.jobs} jobs of {options.seconds:g} s on {options.cores} cores", "seconds", ""], rows)
    )
    console.print(f"{done} of {options.jobs} succeeded, {once} ran exactly once")
    return 0 if done == once == options.jobs and wall <= bound else 1


def _warm_up(platform: Platform, script: Path) -> None:
    """Have the environment built and every program loaded once: what is measured are jobs, not the first start."""
    platform.cli("run", str(script))


def _wait(platform: Platform, count: int) -> list[dict[str, Any]]:
    """Wait until as many jobs have ended, and return all of them with their attempts."""

    began = time.monotonic()
    while time.monotonic() - began < _WAIT_SECONDS:
        time.sleep(_LOOK_SECONDS)
        listed = platform.http.get("/api/v1/jobs", params={"limit": 1000}).json()["jobs"]
        mine = [job for job in listed if job["array"] is not None]
        states = Counter(job["state"] for job in mine)
        if sum(states[state] for state in _ENDED) == count:
            return [dict(platform.http.get(f"/api/v1/jobs/{job['id']}").json()) for job in mine]
    raise SystemExit(f"{count} jobs did not end within {_WAIT_SECONDS:g} s")


def _succeeded(job: dict[str, Any]) -> bool:
    return bool(job["state"] == "succeeded")


def _ran_once(job: dict[str, Any]) -> bool:
    return len(job["runs"]) == 1 and [file["path"] for file in job["runs"][0]["files"]] == ["ran"]


def _median(jobs: list[dict[str, Any]]) -> float:
    spans = sorted(
        (datetime.fromisoformat(job["ended_at"]) - datetime.fromisoformat(job["started_at"])).total_seconds()
        for job in jobs
    )
    return spans[len(spans) // 2]


if __name__ == "__main__":
    sys.exit(main())
