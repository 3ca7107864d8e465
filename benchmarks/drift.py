"""Drift: a window against a stored baseline, beside Evidently, NannyML, whylogs and popmon on the same data."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.peers import Peer
from benchmarks.report import leave_place, table, write_section
from benchmarks.running import BUILT, PROGRAMS, Unusable, install

TITLE = "Drift"
HOW = """`make bench-drift`: the profile of a window of records and its drift from a baseline, on normal numbers (two thirds of the
columns, every fifth of them shifted) and categories.

- Ours reads the window from Parquet, and makes everything there is: counts, extremes, moments, quantile sketches, histograms on the
  baseline's bins, counts by category, numbers of different values; then Jensen-Shannon, population stability, Kolmogorov-Smirnov,
  Wasserstein and chi-square of each column, with control for many columns. The baseline's profile is stored once.
- Of the others, the data is in memory before the clock starts. Evidently and NannyML test each column by one method; whylogs makes
  profiles and popmon histograms, of the window alone, and neither tells of drift.
- "peak" is the most memory of the process, its libraries and what it has read included."""

console = Console()
SECONDS = 1800
_PANDAS_2 = ("pandas==2.2.*", "pyarrow<22")  # later ones want NumPy 2


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One run of one system."""

    seconds: float
    peak: int
    drifted: int


PEERS = {
    key: Peer(key=f"drift-{key}", title=title, requirements=requirements, shown=key, settings=())
    for key, title, requirements in (
        ("evidently", "Evidently", ("evidently==0.7.*", "pandas<3", "pyarrow")),
        ("nannyml", "NannyML", ("nannyml==0.13.*", "pandas<3", "statsmodels", "pyarrow")),
        ("whylogs", "whylogs", ("whylogs==1.6.*", "numpy<2", *_PANDAS_2)),
        ("popmon", "popmon", ("popmon==1.4.*", "numpy<2", "setuptools<81", *_PANDAS_2)),
    )
}
SYSTEMS = (
    ("evidently", "evidently", "Evidently, as it comes"), ("evidently", "evidently-psi", "Evidently, PSI"),
    ("evidently", "evidently-js", "Evidently, Jensen-Shannon"), ("nannyml", "nannyml", "NannyML, Jensen-Shannon"),
    ("whylogs", "whylogs", "whylogs, profile alone"), ("popmon", "popmon", "popmon, histograms alone"),
)  # fmt: skip
"""Peer, the program's argument, the name that is shown."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-drift ARGS=…", description=__doc__)
    parser.add_argument(
        "--sizes",
        nargs="*",
        default=["100000x30", "1000000x30"],
        metavar="ROWSxCOLUMNS",
        help="also 10000000x30, 350000x800",
    )
    parser.add_argument("--most-cells", type=int, default=30_000_000, help="larger tables are left to ours alone")
    parser.add_argument("--peers", nargs="*", choices=[*PEERS], default=[*PEERS])
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    if options.docs:
        leave_place("drift", TITLE, HOW)
    usable = _installed(options.peers)
    parts = []
    with tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch:
        for size in options.sizes:
            rows, columns = map(int, size.split("x"))
            with_peers = usable if rows * columns <= options.most_cells else []
            shown = table(
                ["", "seconds", "times ours", "peak MiB", "drifted"],
                _measured(Path(scratch), rows, columns, with_peers),
            )
            console.print(f"{rows:,} rows × {columns} columns\n{shown}")
            parts.append(f"### {rows:,} rows × {columns} columns\n\n{shown}")
    if options.docs:
        write_section("drift", TITLE, HOW + "\n\n" + "\n\n".join(parts))
    return 0


def _measured(folder: Path, rows: int, columns: int, peers: Sequence[str]) -> list[list[str]]:
    reference, current = folder / "reference.parquet", folder / "current.parquet"
    for file, shift, seed in ((reference, "0", "0"), (current, "0.3", "1")):
        _run([sys.executable, str(PROGRAMS / "drift_data.py"), str(file), str(rows), str(columns), shift, seed])
    data = [str(reference), str(current)]
    ours = [
        (f"Unshelf, {threads} thread{'s'[: threads - 1]}", _outcome([sys.executable, str(PROGRAMS / "drift_ours.py"), *data, str(threads)]))
        for threads in (1, 2)
    ]  # fmt: skip
    unit = ours[0][1].seconds if isinstance(ours[0][1], Outcome) else 1.0
    found = list(ours)
    for peer, system, title in SYSTEMS:
        if peer in peers:
            console.print(f"{title} …")
            python = str(BUILT / PEERS[peer].key / "bin" / "python")
            found.append((title, _outcome([python, str(PROGRAMS / "drift_peers.py"), system, *data])))
    return [_row(title, outcome, unit) for title, outcome in found]


def _row(title: str, outcome: Outcome | str, unit: float) -> list[str]:
    if isinstance(outcome, str):
        return [title, outcome, "", "", ""]
    drifted = "–" if outcome.drifted < 0 else str(outcome.drifted)
    return [title, f"{outcome.seconds:.2f}", f"{outcome.seconds / unit:.1f}", f"{outcome.peak >> 20:,}", drifted]


def _outcome(command: Sequence[str]) -> Outcome | str:
    """Run a program; a text says why there is nothing."""
    try:
        said = json.loads(_run(command).strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        return f"more than {SECONDS}"
    except subprocess.CalledProcessError as error:
        console.print(error.stderr[-2000:], style="red")
        return "failed"
    return Outcome(seconds=said["seconds"], peak=said["peak"], drifted=said["drifted"])


def _run(command: Sequence[str]) -> str:
    quiet = {"DO_NOT_TRACK": "1", "WHYLOGS_NO_ANALYTICS": "True", "NML_DISABLE_USAGE_LOGGING": "1"}
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=SECONDS, env={**os.environ, **quiet}
    )
    return done.stdout


def _installed(names: Sequence[str]) -> list[str]:
    usable = []
    for name in names:
        try:
            console.print(f"{PEERS[name].title} {install(PEERS[name])}")
            usable.append(name)
        except Unusable as error:
            console.print(f"{PEERS[name].title} is left out: {error}", style="yellow")
    return usable


if __name__ == "__main__":
    sys.exit(main())
