"""A thousand monitored models on one machine: how long an hour's records of all of them take to be counted and judged.

Models are written to the database of the stopped platform and records to segments, as gateways write them; from the platform's start
on everything goes as it does each hour: segments become Parquet, are counted into windows, and each monitor judges them."""

import argparse
import sqlite3
import sys
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console

from benchmarks.memory import Sampler
from benchmarks.report import leave_place, table, write_section
from benchmarks.routing import fill
from tests.support.platform import running_platform
from tests.support.segments import record, write_segment
from tests.support.waiting import wait_until
from unshelf.contracts.records import PredictionRecord

BOUND_SECONDS = 600.0
_REFERENCE_REQUESTS = 1000
_SEGMENT_RECORDS = 100_000
_WAIT_SECONDS = 3600.0

TITLE = "An hour of a thousand monitored models"
HOW = """`make bench-fleet`: models with one live version each, and their usual monitors. The hour before the last gives each model its
first 1,000 requests, to which drift is measured; the last hour's records, which were left in closed segments, are taken in at the start
of the platform: made Parquet, counted into windows, and judged by the monitors of every model. Expected: less than ten minutes."""

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-fleet ARGS=…", description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--columns", type=int, default=10, help="inputs of each model")
    parser.add_argument("--requests", type=int, default=1000, help="of each model in the hour")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    if options.docs:
        leave_place("fleet", TITLE, HOW)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    with tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch:
        home = Path(scratch) / "home"
        with running_platform(home, gateways="1"):
            pass  # makes the database
        fill(home / "unshelf.db", Namespace(models=options.models, versions=2, columns=options.columns, keys=0))
        _write(home / "predictions", options, hour - timedelta(hours=1), _REFERENCE_REQUESTS)
        before = _judged(home, options.models, hour - timedelta(hours=1))
        console.print(f"the first 1,000 requests of each: {before[0]:.0f} s")
        _write(home / "predictions", options, hour, options.requests)
        seconds, peak, judged = _judged(home, options.models, hour)
    records = options.models * options.requests
    shown = table(
        ["models", "columns", "records", "monitors that judged", "seconds", "bound", "peak MiB of all processes"],
        [
            [
                f"{options.models:,}", str(options.columns), f"{records:,}", f"{judged:,}", f"{seconds:.0f}", f"{BOUND_SECONDS:.0f}",
                f"{peak >> 20:,}",
            ]
        ],
    )  # fmt: skip
    print(shown)
    if options.docs:
        console.print(f"written: {write_section('fleet', TITLE, HOW + chr(10) * 2 + shown)}")
    return 0 if seconds <= BOUND_SECONDS else 1


def _write(folder: Path, options: Namespace, hour: datetime, requests: int) -> None:
    """Write the records of an hour, in the order of their times, in segments that nobody holds."""
    folder.mkdir(exist_ok=True)
    written: list[PredictionRecord] = []
    place = 0
    for one in _records(options, hour, requests):
        written.append(one)
        if len(written) == _SEGMENT_RECORDS:
            write_segment(folder / f"{hour:%Y%m%dT%H%M%S}{place:09d}-0-bench.seg", *written)
            written, place = [], place + 1
    if written:
        write_segment(folder / f"{hour:%Y%m%dT%H%M%S}{place:09d}-0-bench.seg", *written)


def _records(options: Namespace, hour: datetime, requests: int) -> Iterator[PredictionRecord]:
    random = np.random.default_rng(7)
    begun = int(hour.timestamp() * 1e9)
    step = int(3600e9) // (requests + 1)
    for number in range(requests):
        rows = random.normal(size=(options.models, options.columns)).round(4).tolist()
        for model, row in enumerate(rows):
            yield record(
                0, id=f"{hour:%H}-{model}-{number}", time_ns=begun + number * step + model, model=f"model-{model:04}", version=2,
                reference=f"model-{model:04}", purpose="live", input=msgspec.json.encode({"inputs": [row]}), output=b"[0.5]",
            )  # fmt: skip


def _judged(home: Path, models: int, hour: datetime) -> tuple[float, int, int]:
    """Seconds from the start of the platform until each model was judged by the hour and by the day, peak memory, and judgements."""
    began, moment = time.perf_counter(), datetime.now(UTC)
    with running_platform(home, gateways="1") as platform, Sampler(platform, every=1.0) as sampler:

        def all_judged() -> bool:
            found = _judgements(home, moment, hour)
            return min(found["latency"], found["inputs"]) >= models

        wait_until(all_judged, what="all models are judged", seconds=_WAIT_SECONDS)
        return time.perf_counter() - began, sampler.highest, _judgements(home, moment, hour).total()


def _judgements(home: Path, begun: datetime, hour: datetime) -> Counter[str]:
    """Windows with this hour that were judged since, by monitor."""
    begun_at, at = (moment.strftime("%Y-%m-%d %H:%M:%S.%f") for moment in (begun, hour))
    with sqlite3.connect(f"file:{home / 'unshelf.db'}?mode=ro", uri=True, timeout=30) as connection:
        rows = connection.execute(
            "SELECT monitor, count(*) FROM monitor_results WHERE judged_at > ? AND since <= ? AND until > ? GROUP BY monitor",
            (begun_at, at, at),
        ).fetchall()
    connection.close()
    return Counter(dict(rows))


if __name__ == "__main__":
    sys.exit(main())
