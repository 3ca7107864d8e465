"""Callers beside the platform's own work: their latency at half of full load, and the requests a second at full load, while jobs run, and
while records become Parquet, are profiled and judged by monitors; each beside the same load without that work.

Half of full load is a pause between an answer and the next request of its connection, chosen from the rate measured just before."""

import argparse
import math
import statistics
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from benchmarks.load import Figures, VersionTarget, run_load
from benchmarks.ours import NAME, iris_platform, target
from benchmarks.report import leave_place, milliseconds, table, write_section
from tests.support.platform import Platform
from tests.support.waiting import wait_until

CONNECTIONS = 64
NEVER = str(1 << 40)
"""Bytes of a segment that is not closed while this runs: nothing becomes Parquet."""
_PROGRAM = """
import time
while time.process_time() < 1.0:
    sum(range(1000))
"""
_ENDED = ("succeeded", "failed", "cancelled", "timed_out")

TITLE = "Callers beside jobs and monitoring"
HOW = """`make bench-beside`: the iris model over 64 connections, on all cores of the machine together with what runs beside it.

- "half": a pause after each answer, so that about half of the full rate is asked for. Expected: p99 at most a fifth higher.
- "full": as many requests as are answered. Expected beside monitoring: at least 88 % of the rate.
- Monitoring: as it comes: closed segments of 64 MiB become Parquet, are counted into windows and judged, as many as the load fills;
  without it no segment is closed.
- Jobs: of a second of CPU each, as many as two cores take, queued for the whole time."""

console = Console()


@dataclass
class Way:
    """One kind of work beside callers, and what was measured with it and without."""

    half: dict[bool, list[Figures]] = field(default_factory=lambda: defaultdict(list))
    full: dict[bool, list[Figures]] = field(default_factory=lambda: defaultdict(list))
    done: list[str] = field(default_factory=list)
    """How much of the work was done meanwhile."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-beside ARGS=…", description=__doc__)
    parser.add_argument(
        "--seconds", type=int, default=60, help="of load, for each figure; enough to fill segments at half of full load"
    )
    parser.add_argument("--rounds", type=int, default=2, help="how often each is measured, in turn; medians are shown")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    if options.docs:
        leave_place("beside", TITLE, HOW)
    monitoring, jobs = Way(), Way()
    for number in range(1, options.rounds + 1):
        console.print(f"round {number} of {options.rounds} …")
        _round(options.seconds, monitoring, jobs)
    held = _ratio(monitoring) <= 1.2 and _ratio(jobs) <= 1.2 and _kept(monitoring) >= 0.88
    shown = table(
        ["beside", "load", "requests/s without", "with", "p99 ms without", "with", "ratio", "meanwhile"],
        [*_rows("monitoring", monitoring), *_rows("jobs", jobs)],
    )
    print(shown)
    if options.docs:
        console.print(f"written: {write_section('beside', TITLE, HOW + chr(10) * 2 + shown)}")
    return 0 if held else 1


def _round(seconds: int, monitoring: Way, jobs: Way) -> None:
    with iris_platform(segment_bytes=NEVER, job_cores="2") as platform, tempfile.TemporaryDirectory() as scratch:
        caller = target(platform)
        full = _load(caller, seconds, 0)
        pause = max(1, round(CONNECTIONS / (full.rate / 2) * 1000 - full.p50))
        half = _load(caller, seconds, pause)
        monitoring.full[False].append(full)
        for way in (monitoring, jobs):
            way.half[False].append(half)
        script = Path(scratch) / "job.py"
        script.write_text(_PROGRAM)
        with _jobs(platform, script, 4 * seconds, jobs.done):
            jobs.half[True].append(_load(caller, seconds, pause))
    with iris_platform() as platform:
        caller = target(platform)
        with _judged(platform, monitoring.done):
            monitoring.half[True].append(_load(caller, seconds, pause))
            monitoring.full[True].append(_load(caller, seconds, 0))


def _load(caller: VersionTarget, seconds: int, pause: int) -> Figures:
    figures = run_load(caller, connections=CONNECTIONS, seconds=seconds, warm_up=2, pause_ms=pause)
    if figures.errors:
        raise SystemExit(f"{figures.errors} requests were not answered")
    return figures


@contextmanager
def _jobs(platform: Platform, script: Path, count: int, done: list[str]) -> Iterator[None]:
    """Have jobs wait and run for the block; what is left of them is cancelled."""
    platform.cli("run", str(script))  # the environment is built, every program was loaded once
    platform.cli("run", str(script), "--copies", str(count), "--detach")
    wait_until(lambda: _states(platform)["running"] > 0, what="the first of them runs", seconds=60)
    before = _states(platform)["succeeded"]
    yield
    done.append(f"{_states(platform)['succeeded'] - before} jobs")
    for job in platform.http.get("/api/v1/jobs", params={"limit": 1000}).json()["jobs"]:
        if job["state"] not in _ENDED:
            platform.http.post(f"/api/v1/jobs/{job['id']}/cancel")


def _states(platform: Platform) -> Counter[str]:
    listed = platform.http.get("/api/v1/jobs", params={"limit": 1000}).json()["jobs"]
    return Counter(job["state"] for job in listed)


@contextmanager
def _judged(platform: Platform, done: list[str]) -> Iterator[None]:
    """See that windows were counted and judged during the block."""
    yield
    counted = wait_until(
        lambda: platform.http.get(f"/api/v1/models/{NAME}/monitors").json()["monitors"][0].get("latest"),
        what="a monitor has judged", seconds=120,
    )  # fmt: skip
    done.append(f"{counted['rows']:,} rows judged")


def _ratio(way: Way) -> float:
    return _median(way.half[True], lambda one: one.p99) / _median(way.half[False], lambda one: one.p99)


def _kept(way: Way) -> float:
    return _median(way.full[True], lambda one: one.rate) / _median(way.full[False], lambda one: one.rate)


def _rows(name: str, way: Way) -> Iterator[list[str]]:
    for load, figures, ratio in (("half", way.half, _ratio), ("full", way.full, _kept)):
        if figures[True]:
            rates = [f"{_median(figures[it], lambda one: one.rate):,.0f}" for it in (False, True)]
            p99 = [milliseconds(_median(figures[it], lambda one: one.p99)) for it in (False, True)]
            shown = f"p99 × {ratio(way):.2f}" if load == "half" else f"{ratio(way):.0%} of the rate"
            yield [name, load, *rates, *p99, shown, way.done[-1] if way.done and load == "half" else ""]


def _median(figures: list[Figures], of: Callable[[Figures], float]) -> float:
    return statistics.median(map(of, figures)) if figures else math.nan


if __name__ == "__main__":
    sys.exit(main())
