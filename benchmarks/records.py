"""What recording costs: the same load with records in memory (as it ships), on the disk first, and without any.

Without any is not a way to run the product: the benchmark's gateway is patched (programs/without_records) for the comparison.
After each load, records are counted: every answered prediction is there."""

import argparse
import contextlib
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
from rich.console import Console

from benchmarks.load import Figures, run_load
from benchmarks.ours import NAME, check, iris_platform, target
from benchmarks.report import milliseconds, table, write_section
from tests.support.platform import Platform

PATCH = Path(__file__).with_name("programs") / "without_records"
WITHOUT = "no records (patched)"
WAYS = {
    WITHOUT: "",
    'durability = "memory" (as it ships)': "",
    'durability = "disk"': '\n[recording]\ndurability = "disk"\n',
}

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-records ARGS=…", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of load, for each round")
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often each way is measured, in turn; medians are shown"
    )
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument(
        "--sustained", type=int, default=60, help="seconds of one more round, in which records become Parquet; 0: none"
    )
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    shown = _shown(_in_turn(options.connections, options.seconds, rounds=options.rounds))
    said = (
        f"`make bench-records`: the iris model over {options.connections} connections, {options.seconds} s a round, medians of "
        f"{options.rounds} rounds in turn."
    )
    if options.sustained:
        longer = _shown(_in_turn(options.connections, options.sustained, rounds=1))
        shown += (
            f"\n\nThe same for {options.sustained} s without a pause, in which gateways fill segment after segment, and closed ones become "
            f"Parquet meanwhile:\n\n{longer}"
        )
    print(shown)
    if options.docs:
        console.print(f"written: {write_section('records', 'What recording costs', f'{said}{chr(10) * 2}{shown}')}")
    return 0


class _Round(NamedTuple):
    figures: Figures
    lost: float
    """Answered minus recorded."""


def _in_turn(connections: int, seconds: int, *, rounds: int) -> dict[str, list[_Round]]:
    """Each way so many times, one after the other."""
    measured: dict[str, list[_Round]] = defaultdict(list)
    for number in range(1, rounds + 1):
        for way in WAYS:
            done = _measure(way, connections, seconds)
            console.print(f"{seconds} s, round {number} of {rounds}, {way}: {done.figures.rate:,.0f}/s")
            measured[way].append(done)
    return measured


def _measure(way: str, connections: int, seconds: int) -> _Round:
    with _patched(way == WITHOUT), iris_platform(extra=WAYS[way]) as platform:
        figures = run_load(target(platform), connections=connections, seconds=seconds, warm_up=2)
        check(platform)
        if way == WITHOUT and platform.records(NAME, tail=1):
            raise SystemExit("the patched gateway recorded all the same: programs/without_records no longer fits it")
        return _Round(figures, _lost(platform))


def _shown(measured: Mapping[str, Sequence[_Round]]) -> str:
    """A table of medians: a row a way."""
    without = statistics.median(one.figures.rate for one in measured[WITHOUT])
    rows = []
    for way, rounds in measured.items():
        rate, p50, p99 = (
            statistics.median(getattr(one.figures, name) for one in rounds) for name in ("rate", "p50", "p99")
        )
        cost = "" if way == WITHOUT else f"{100 * (1 - rate / without):.1f} %"
        missing = "" if way == WITHOUT else f"{sum(one.lost for one in rounds):.0f}"
        errors = sum(one.figures.errors for one in rounds)
        rows.append([way, f"{rate:,.0f}", milliseconds(p50), milliseconds(p99), str(errors), cost, missing])
    return table(
        ["records", "requests/s", "p50 ms", "p99 ms", "errors", "cost in throughput", "answered − recorded"], rows
    )


@contextlib.contextmanager
def _patched(wanted: bool) -> Iterator[None]:
    """Whether processes that start meanwhile find the patch."""
    before = os.environ.get("PYTHONPATH")
    if wanted:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PATCH), before]))
    try:
        yield
    finally:
        os.environ.pop("PYTHONPATH", None)
        if before is not None:
            os.environ["PYTHONPATH"] = before


def _lost(platform: Platform) -> float:
    """Answered minus recorded, as the metrics tell when all is quiet."""
    time.sleep(0.5)
    text = _metrics(platform)
    answered, recorded = (_sum(text, f"unshelf_predictions_{what}_total") for what in ("answered", "recorded"))
    if not answered:
        raise SystemExit("the metrics count no predictions")
    return answered - recorded


def _metrics(platform: Platform) -> str:
    with httpx.Client(headers={"authorization": f"Bearer {platform.token}"}, trust_env=False) as client:
        return client.get(f"{platform.url}/metrics").raise_for_status().text


def _sum(text: str, name: str) -> float:
    return sum(
        float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))
    )


if __name__ == "__main__":
    sys.exit(main())
