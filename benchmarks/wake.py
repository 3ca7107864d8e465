"""Waking from zero: how long the first caller of a model without a process waits, again and again.

The model may idle for a second; when its worker has gone, one prediction is timed from outside, over an open connection."""

import argparse
import sys
import time

from rich.console import Console

from benchmarks.ours import NAME, await_sleep, iris_platform
from benchmarks.peers import CASES
from benchmarks.report import milliseconds, percentile, table, write_section

IDLE_SECONDS = 1
FIRST = 3
"""Cycles that are not counted."""

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-wake ARGS=…", description=__doc__)
    parser.add_argument("--cycles", type=int, default=60, help="how often it is woken")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    waited, awake = [], []
    with iris_platform(extra=f"\n[scaling]\nidle = {IDLE_SECONDS}\n") as platform:
        row, kind = CASES[0]
        for number in range(FIRST + options.cycles):
            await_sleep(platform, IDLE_SECONDS + 30)
            time.sleep(0.2)
            first = _timed(lambda: platform.predict(NAME, [row]), [kind])
            second = _timed(lambda: platform.predict(NAME, [row]), [kind])
            if number >= FIRST:
                waited.append(first)
                awake.append(second)
    rows = [
        [what, *(milliseconds(percentile(times, percent)) for percent in (50, 90, 99, 100))]
        for what, times in (("asleep: the first answer", waited), ("awake: the next answer", awake))
    ]
    shown = table(["the model was", "p50 ms", "p90 ms", "p99 ms", "worst ms"], rows)
    print(shown)
    if options.docs:
        said = (
            f"`make bench-wake`: the iris model of above, {options.cycles} times asleep (no worker process) and then asked once "
            "over an open connection; its environment was used before."
        )
        console.print(f"written: {write_section('wake', 'Waking from zero', f'{said}{chr(10) * 2}{shown}')}")
    return 0


def _timed(ask, expected) -> float:
    begun = time.perf_counter()
    outputs = ask()
    seconds = time.perf_counter() - begun
    if outputs != expected:
        raise SystemExit(f"a wrong answer: {outputs}, not {expected}")
    return 1000 * seconds


if __name__ == "__main__":
    sys.exit(main())
