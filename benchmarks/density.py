"""A thousand versions on one machine: every one is woken once in random order, while memory, API and CLI are watched.

Ten models are trained and deployed, and each is then registered a hundred times, in the database of the stopped platform: a
thousand real deploys would take an hour of checks that are not measured here. Versions of a model share their files."""

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from benchmarks.memory import Sampler, memory_by_role
from benchmarks.ours import NAME, train_iris
from benchmarks.peers import CASES
from benchmarks.report import milliseconds, percentile, table, write_section
from tests.support.platform import Platform, running_platform

MODELS = 10
ASKED_EVERY = 10
"""After so many wakes the API and the CLI are asked something."""

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-density ARGS=…", description=__doc__)
    parser.add_argument("--versions", type=int, default=1000, help="how many there are")
    parser.add_argument("--wakes", type=int, default=0, help="how many of them are woken (0: all)")
    parser.add_argument(
        "--budget", type=int, default=2048, help="MiB that workers may take (UNSHELF_MEMORY_BUDGET_BYTES)"
    )
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    settings = {"memory_budget_bytes": str(options.budget << 20)}
    with tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch:
        home = Path(scratch) / "home"
        with running_platform(home, **settings) as platform:
            model = train_iris(Path(scratch) / "model")
            for number in range(MODELS):
                console.print(f"deploying model {number + 1} of {MODELS} …")
                platform.cli("deploy", str(model), "--name", f"{NAME}{number}", "--description", f"number {number}")
        multiply(home / "unshelf.db", options.versions // MODELS)
        with running_platform(home, **settings) as platform:
            shown = _measure(platform, options)
    print(shown)
    if options.docs:
        said = (
            f"`make bench-density`: {MODELS} deployed models with {options.versions // MODELS} versions each, "
            f"{options.wakes or options.versions} of them woken once, one after the other in random order, with a budget of "
            f"{options.budget} MiB for workers. Memory is of all processes together, shared pages counted once."
        )
        console.print(f"written: {write_section('density', 'A thousand versions', f'{said}{chr(10) * 2}{shown}')}")
    return 0


def multiply(database: Path, versions: int) -> None:
    """Have every model's version 1 again as 2, 3 … up to `versions`."""
    with sqlite3.connect(database) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(versions)")]
        taken = ", ".join("?" if name == "number" else name for name in columns)
        for number in range(2, versions + 1):
            connection.execute(
                f"INSERT INTO versions ({', '.join(columns)}) SELECT {taken} FROM versions WHERE number = 1", (number,)
            )
            connection.execute(
                "INSERT INTO bundle_holds (bundle, holder) SELECT bundle, model || ':' || ? FROM versions WHERE number = 1",
                (number,),
            )
        connection.execute("UPDATE models SET last_version = ?", (versions,))
    connection.close()


def _measure(platform: Platform, options: argparse.Namespace) -> str:
    references = [
        f"{NAME}{model}:{version}" for model in range(MODELS) for version in range(1, options.versions // MODELS + 1)
    ]
    random.Random(3).shuffle(references)
    at_rest = sum(memory_by_role(platform).values())
    row, kind = CASES[1]
    wakes, listings, details, commands = [], [], [], []
    with Sampler(platform, 1.0) as sampler:
        for number, reference in enumerate(references[: options.wakes or None]):
            wakes.append(_timed(lambda ref=reference: _expect(platform.predict(ref, [row]), [kind])))
            if number % ASKED_EVERY == 0:
                listings.append(_timed(lambda: _ok(platform, "/api/v1/models")))
                details.append(_timed(lambda ref=reference: _ok(platform, f"/api/v1/models/{ref}")))
            if number % (5 * ASKED_EVERY) == 0:
                commands.append(_timed(lambda: platform.cli("models", "--json")))
    rows = [
        [what, str(len(times)), *(milliseconds(percentile(times, percent)) for percent in (50, 99, 100))]
        for what, times in (
            ("first answer of a random version that was asleep", wakes),
            ("`GET /api/v1/models` meanwhile", listings),
            ("`GET /api/v1/models/REF` meanwhile", details),
            ("`unshelf models --json` meanwhile", commands),
        )
    ]
    memory = [
        ["nothing woken yet", f"{at_rest / 2**20:,.0f}"],
        ["the most while waking", f"{sampler.highest / 2**20:,.0f}"],
    ]
    times = table(["what", "times", "p50 ms", "p99 ms", "worst ms"], rows)
    return f"{times}\n\n{table(['memory of all processes', 'MiB'], memory)}"


def _timed(act) -> float:
    begun = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - begun)


def _expect(got, expected) -> None:
    if got != expected:
        raise SystemExit(f"a wrong answer: {got}, not {expected}")


def _ok(platform: Platform, path: str) -> None:
    platform.http.get(path).raise_for_status()


if __name__ == "__main__":
    sys.exit(main())
