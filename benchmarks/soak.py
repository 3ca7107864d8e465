"""Memory over time: minutes at full load, then wake/sleep cycles, with the memory of each kind of process as a plot."""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from benchmarks.load import Figures, run_load
from benchmarks.memory import Sampler, memory_by_role
from benchmarks.ours import NAME, await_sleep, check, iris_platform, target
from benchmarks.peers import CASES
from benchmarks.plots import lines
from benchmarks.report import milliseconds, plot_link, table, write_section

CONNECTIONS = 64
CHUNK_SECONDS = 10
IDLE_SECONDS = 1
_MIB = 2**20

console = Console()
Samples = Sequence[tuple[float, dict[str, int]]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-soak ARGS=…", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of full load")
    parser.add_argument("--cycles", type=int, default=100, help="of waking and sleeping")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    loaded, chunks = _load(60 * options.minutes)
    cycled = _cycle(options.cycles)
    rates = [chunk.rate for chunk in chunks]
    said = (
        f"{sum(chunk.requests for chunk in chunks):,} requests, {sum(chunk.errors for chunk in chunks)} errors; "
        f"{rates[0]:,.0f}/s in the first {CHUNK_SECONDS} s, {rates[-1]:,.0f}/s in the last, {min(rates):,.0f}/s in the slowest; "
        f"p99 {milliseconds(statistics.median(chunk.p99 for chunk in chunks))} ms (median of the chunks)."
    )
    tables = [
        f"### {title}\n\n{table(['process', 'first MiB', 'last MiB', 'most MiB', f'MiB a {unit}'], _rows(samples, per))}"
        for title, samples, unit, per in (
            (f"{options.minutes:g} minutes at full load", loaded, "minute", 60),
            (f"{options.cycles} times woken and asleep again", cycled, "cycle", 1),
        )
        if samples
    ]
    print(said, *tables, sep="\n\n")
    if options.docs:
        plots = [
            plot_link(lines(f"soak-{key}", _series(samples, per), title=title, x=x, y="MiB"), title)
            for key, samples, per, x, title in (
                ("load", loaded, 60, "minutes", "memory at full load"),
                ("cycles", cycled, 1, "cycles", "memory after each time awake"),
            )
            if samples
        ]
        how = (
            f"`make bench-soak`: the iris model under load over {CONNECTIONS} connections; then, on a fresh platform, woken, asked and "
            "let sleep again and again. Memory counts shared pages once. First and last are medians of a tenth of the time."
        )
        page = write_section("soak", "Memory over time", "\n\n".join([how, said, *plots, *tables]))
        console.print(f"written: {page}")
    return 0


def _load(seconds: float) -> tuple[Samples, list[Figures]]:
    chunks = []
    with iris_platform() as platform:
        aim = target(platform)
        run_load(aim, connections=CONNECTIONS, seconds=CHUNK_SECONDS)
        with Sampler(platform, 2.0) as sampler:
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                chunks.append(run_load(aim, connections=CONNECTIONS, seconds=CHUNK_SECONDS))
                console.print(
                    f"{chunks[-1].rate:,.0f}/s, p99 {milliseconds(chunks[-1].p99)} ms, {chunks[-1].errors} errors"
                )
        check(platform)
    return sampler.samples, chunks


def _cycle(cycles: int) -> Samples:
    samples = []
    with iris_platform(extra=f"\n[scaling]\nidle = {IDLE_SECONDS}\n") as platform:
        for number in range(cycles):
            await_sleep(platform, IDLE_SECONDS + 30)
            if platform.predict(NAME, [CASES[2][0]]) != [CASES[2][1]]:
                raise SystemExit("a wrong answer")
            samples.append((float(number), memory_by_role(platform)))
    return samples


def _series(samples: Samples, per: float) -> dict[str, list[tuple[float, float]]]:
    roles = sorted({role for _, taken in samples for role in taken})
    return {role: [(at / per, taken.get(role, 0) / _MIB) for at, taken in samples] for role in roles}


def _rows(samples: Samples, per: float) -> list[list[str]]:
    """First and last tenth, the most, and the slope of the second half: what still grows when all is warm."""
    tenth = max(1, len(samples) // 10)
    rows = []
    for role, points in _series(samples, per).items():
        values = [value for _, value in points]
        second_half = points[len(points) // 2 :]
        slope = statistics.linear_regression(*zip(*second_half, strict=True)).slope if len(second_half) > 1 else 0.0
        first, last = statistics.median(values[:tenth]), statistics.median(values[-tenth:])
        rows.append([role, f"{first:,.1f}", f"{last:,.1f}", f"{max(values):,.1f}", f"{slope:+.3f}"])
    return rows


if __name__ == "__main__":
    sys.exit(main())
