"""Changes of the routing state at scale: how long a key, an alias or a release step takes to be in force, and what it costs callers.

A platform with many models of several versions is asked for changes over its API, while one caller looks at a gateway until the
change is in force there, and a process of its own pings the gateway a thousand times a second on one connection: the longest wait
is how long the gateway's event loop stood still, or the machine did. The rows are written to the database of the stopped
platform; only their routes are used, so the files behind them are not there."""

import argparse
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
from rich.console import Console

from benchmarks.report import milliseconds, percentile, table, write_section
from tests.support.platform import UNSHELF, Platform, running_platform
from unshelf.contracts.bundle import Checks, Loader, Manifest
from unshelf.contracts.signature import Column, Columns, Signature

PING_SECONDS = 0.001
PATIENCE_SECONDS = 30.0
GAP_SECONDS = 0.1
MODEL = "model-0000"
_MOMENT = "2026-01-01 00:00:00.000000"

console = Console()


@dataclass
class Measured:
    """One platform's times, in milliseconds."""

    in_force: dict[str, list[float]] = field(default_factory=dict)
    """Kind of change → from the API call to being in force at the gateway."""
    quiet: list[float] = field(default_factory=list)
    """Pings while nothing is changed."""
    busy: list[float] = field(default_factory=list)
    """Pings while changes are made."""
    published: list[float] = field(default_factory=list)
    """What control says that each publication took."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-routing ARGS=…", description=__doc__)
    parser.add_argument("--models", type=int, default=1000, help="how many models")
    parser.add_argument("--versions", type=int, default=10, help="how many versions each has")
    parser.add_argument("--columns", type=int, default=30, help="how many columns each takes")
    parser.add_argument("--keys", type=int, default=1000, help="how many API keys there are")
    parser.add_argument("--rounds", type=int, default=20, help="how many changes of each kind")
    parser.add_argument("--beside", type=Path, help="a checkout with .venv whose `unshelf` is measured in the same run")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    before = None
    if options.beside is not None:
        console.print(f"measuring {options.beside} …")
        before = measure(options, [str(options.beside / ".venv" / "bin" / "unshelf")])
    shown = report(options, measure(options, UNSHELF), before)
    print(shown)
    if options.docs:
        console.print(f"written: {write_section('routing', 'Changes among ten thousand versions', shown)}")
    return 0


def measure(options: argparse.Namespace, program: Sequence[str]) -> Measured:
    """Fill a home, start the platform over it, and make the changes."""
    with tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch:
        home = Path(scratch) / "home"
        with running_platform(home, program=program):
            pass  # makes the database
        fill(home / "unshelf.db", options)
        with running_platform(home, program=program) as platform:
            measured = Measured()
            with pinged(platform.url, measured.quiet):
                time.sleep(5)
            with pinged(platform.url, measured.busy):
                for name, change in changes(platform).items():
                    console.print(f"  {name} …")
                    measured.in_force[name] = [timed(change) for _ in range(options.rounds)]
            log = platform.log.read_text()
        measured.published = [
            float(took) for took in re.findall(r'"event": ?"published".*?"milliseconds": ?([0-9.]+)', log)
        ]
        return measured


def changes(platform: Platform) -> dict[str, Callable[[], float]]:
    """The kinds of change: each makes one and returns the moment from which it is in force at the gateway."""
    api = platform.http
    metadata = f"/v2/models/{MODEL}"
    made: list[tuple[str, str]] = []

    def create_key() -> float:
        answer = api.post("/api/v1/keys", json={"name": "bench", "role": "predict"})
        answer.raise_for_status()
        made.append((answer.json()["id"], answer.json()["token"]))
        with platform.client(made[-1][1]) as caller:
            return when(lambda: caller.get(metadata).status_code == 200)

    def revoke_key() -> float:
        id, token = made.pop()
        with platform.client(token) as caller:
            assert caller.get(metadata).status_code == 200
            return during(lambda: api.delete(f"/api/v1/keys/{id}"), lambda: caller.get(metadata).status_code == 401)

    def move_alias() -> float:
        with platform.client(platform.token) as caller:
            seen = caller.get(f"{metadata}@champion").json()["versions"]
            wanted = 1 if seen == ["2"] else 2
            return during(
                lambda: api.put(f"/api/v1/models/{MODEL}/aliases/champion", json={"version": wanted}),
                lambda: caller.get(f"{metadata}@champion").json()["versions"] == [str(wanted)],
            )

    def step_release() -> float:
        # Neither way gives a share to a version that is not live already, which would be woken first.
        with platform.client(platform.token) as caller:
            both = len(caller.get(metadata).json()["versions"]) == 2

            def step() -> httpx.Response:
                if both:
                    return api.put(f"/api/v1/models/{MODEL}/release", json={"version": 2, "percent": 0})
                return api.post(f"/api/v1/models/{MODEL}/rollback")

            return during(step, lambda: (len(caller.get(metadata).json()["versions"]) == 2) is not both)

    return {
        "create a key": create_key,
        "revoke a key": revoke_key,
        "move an alias": move_alias,
        "a release step": step_release,
    }


def timed(change: Callable[[], float]) -> float:
    """Milliseconds from the call to being in force, after a pause that lets the last change settle."""
    time.sleep(GAP_SECONDS)
    began = time.perf_counter()
    return (change() - began) * 1000


def during(call: Callable[[], httpx.Response], in_force: Callable[[], bool]) -> float:
    """Make the call and look meanwhile; the moment from which the change was in force."""
    thread = threading.Thread(target=lambda: call().raise_for_status())
    thread.start()
    moment = when(in_force)
    thread.join()
    return moment


def when(in_force: Callable[[], bool]) -> float:
    """The moment at which it is."""
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while not in_force():
        if time.perf_counter() > deadline:
            raise AssertionError(f"a change was not in force after {PATIENCE_SECONDS:g} s")
        time.sleep(PING_SECONDS)
    return time.perf_counter()


@contextmanager
def pinged(url: str, times: list[float]) -> Iterator[None]:
    """Have a process of its own ping the gateway meanwhile; its times in milliseconds go into `times`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.routing_ping", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield
    finally:
        times += json.loads(process.communicate()[0])


def fill(database: Path, options: argparse.Namespace) -> None:
    """Write models, versions and keys; of the first model two versions are live, so that its release can change."""
    columns = [Column(name=f"feature_{number:02}", type="float64") for number in range(options.columns)]
    signature = Signature(
        inputs=Columns(columns=columns), outputs=Columns(columns=[Column(name="output", type="float64")])
    )
    checks = Checks(
        python="3.11.9", load_seconds=1.0, memory_bytes=100 << 20, batchable=True, batch_rows=1024, fork_safe=True,
        modules=["numpy", "sklearn", "scipy"], signature=signature,
    )  # fmt: skip
    stored_checks = msgspec.json.encode(checks).decode()
    numbers = range(1, options.versions + 1)
    with sqlite3.connect(database) as connection:
        put = _inserter(connection)
        put("environments", {"hash": "e" * 64, "lock": "", "python": "3.11.9", "packages": 3, "created_at": _MOMENT})
        for place in range(options.models):
            name = f"model-{place:04}"
            halves = [{"version": 1, "percent": 50.0}, {"version": 2, "percent": 50.0}]
            release = halves if name == MODEL else [{"version": options.versions, "percent": 100.0}]
            put(
                "models",
                {
                    "name": name,
                    "last_version": options.versions,
                    "release": json.dumps(release),
                    "paused": 0,
                    "created_at": _MOMENT,
                },
            )
            put("model_access", {"model": name, "project": "default", "visibility": "internal"})
            put(
                "releases",
                {
                    "id": f"{place:026}",
                    "model": name,
                    "shares": json.dumps(release),
                    "live": 1,
                    "created_at": _MOMENT,
                    "created_by": "bench",
                },
            )
            for number in numbers:
                manifest = Manifest(
                    loader=Loader(kind="sklearn", format="skops"), files=[], python="3.11", requirements=[],
                    signature=signature, description=f"{name}:{number}",
                )  # fmt: skip
                put(
                    "bundles",
                    {"digest": manifest.digest, "manifest": manifest.encode().decode(), "created_at": _MOMENT},
                )
                put("bundle_holds", {"bundle": manifest.digest, "holder": f"{name}:{number}"})
                put("environment_holds", {"environment": "e" * 64, "holder": f"{name}:{number}"})
                put(
                    "versions",
                    {
                        "model": name, "number": number, "bundle": manifest.digest, "environment": "e" * 64, "checks": stored_checks,
                        "tier": "small", "min_replicas": 0, "max_replicas": 1, "paused": 0, "created_at": _MOMENT, "created_by": "bench",
                    },
                )  # fmt: skip
        put("aliases", {"model": MODEL, "alias": "champion", "version": 1})
        for place in range(options.keys):
            put(
                "keys",
                {
                    "id": f"{place:026}", "name": f"key {place}", "role": "predict", "created_by": "bench", "created_at": _MOMENT,
                    "token_sha256": hashlib.sha256(str(place).encode()).hexdigest(),
                },
            )  # fmt: skip
    connection.close()


def report(options: argparse.Namespace, now: Measured, before: Measured | None) -> str:
    """The tables."""
    rows = []
    for name, times in now.in_force.items():
        row = [name, milliseconds(percentile(times, 50)), milliseconds(max(times))]
        if before is not None:
            earlier = before.in_force[name]
            row += [
                milliseconds(percentile(earlier, 50)),
                milliseconds(max(earlier)),
                f"{percentile(earlier, 50) / percentile(times, 50):.1f} ×",
            ]
        rows.append(row)
    head = ["change", "in force, median ms", "longest ms"]
    if before is not None:
        head += ["before: median ms", "before: longest ms", "median before / now"]
    pings = []
    for name, measured in (("now", now), ("before", before)):
        if measured is not None:
            for what, times in (("nothing changes", measured.quiet), ("changes are made", measured.busy)):
                shown = [milliseconds(percentile(times, percent)) for percent in (50, 99, 99.9)]
                pings.append([f"{name}, {what}", *shown, milliseconds(max(times)), str(len(times))])
    versions = options.models * options.versions
    said = (
        f"`make bench-routing`: {versions:,} versions of {options.columns} columns ({options.models:,} models), {options.keys:,} keys, "
        f"{options.rounds} changes of each kind over the API of a running platform; from the call to being in force at the gateway."
    )
    published = ""
    if now.published:
        published = (
            f"Control took {milliseconds(percentile(now.published, 50))} ms a publication (median; "
            f"longest {milliseconds(max(now.published))} ms), the one of everything at its start included.\n\n"
        )
    return (
        f"{said}\n\n{table(head, rows)}\n\n{published}"
        "How long a caller on one connection waits for a cheap answer of the gateway, asked about every millisecond:\n\n"
        + table(["gateway", "median ms", "p99 ms", "p99.9 ms", "longest ms", "asked"], pings)
    )


def _inserter(connection: sqlite3.Connection) -> Callable[[str, dict[str, object]], None]:
    """A function that adds a row to a table, without the tables and columns that this release of the platform does not have."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    known = {name: {column[1] for column in connection.execute(f"PRAGMA table_info({name})")} for (name,) in tables}

    def put(into: str, row: dict[str, object]) -> None:
        if into not in known:
            return
        row = {column: value for column, value in row.items() if column in known[into]}
        columns, places = ", ".join(row), ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {into} ({columns}) VALUES ({places})", list(row.values()))

    return put


if __name__ == "__main__":
    sys.exit(main())
