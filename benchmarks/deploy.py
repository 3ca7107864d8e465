"""Seconds from `unshelf deploy` to the first answer, step by step: environment never built (wheels cached), and built.

A fresh platform in an empty home folder deploys scikit-learn's breast cancer model from a folder, several times. The first
deploy of the first round may download wheels; it is shown apart, as `cold`."""

import json
import os
import platform as machine
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.platform import UNSHELF, Platform, running_platform

ROUNDS = 5
STEPS = ["lock", "build", "check", "register", "release", "start"]
TRAIN = """
import sys
from pathlib import Path
import skops.io
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_breast_cancer(return_X_y=True)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
skops.io.dump(model, Path(sys.argv[1]) / "model.skops")
"""


def main() -> None:
    console = Console()
    measured: dict[str, dict[str, list[float]]] = {
        "cold": defaultdict(list),
        "not built": defaultdict(list),
        "built": defaultdict(list),
    }
    with tempfile.TemporaryDirectory() as scratch:
        model = _trained(Path(scratch))
        for number in range(ROUNDS + 1):
            with running_platform(Path(scratch) / f"home{number}", gateways="1") as platform:
                console.print(f"round {number} of {ROUNDS} …")
                _deploy(platform, model, measured["cold" if number == 0 else "not built"])
                if number:
                    _deploy(platform, model, measured["built"])
            shutil.rmtree(Path(scratch) / f"home{number}")
    console.print(_table(measured))
    console.print(
        f"{machine.machine()}, {os.cpu_count()} cores, Python {machine.python_version()}, medians of {ROUNDS} rounds, seconds"
    )


def _trained(scratch: Path) -> Path:
    folder = scratch / "model"
    folder.mkdir()
    subprocess.run([sys.executable, "-c", TRAIN, str(folder)], check=True)
    (folder / "unshelf.toml").write_text(
        '[model]\nname = "cancer"\nfile = "model.skops"\n\n[environment]\nrequirements = ["scikit-learn==1.9.1", "skops==0.16.0"]\n'
    )
    return folder


def _deploy(platform: Platform, model: Path, figures: dict[str, list[float]]) -> None:
    """One deploy and its first answer, timed from outside, with the platform's own seconds for each step."""
    begun = time.perf_counter()
    done = subprocess.run(
        [*UNSHELF, "deploy", str(model), "--json"],
        env=platform.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    deployed = time.perf_counter() - begun
    version = json.loads(done.stdout.splitlines()[-1])["version"]
    platform.predict(f"cancer:{version}", [[10.0] * 30])
    figures["deploy → first answer"].append(time.perf_counter() - begun)
    steps = {}
    for line in done.stdout.splitlines():
        event = json.loads(line)
        if event.get("state") == "done" and event.get("seconds") is not None:
            steps[event["step"]] = event["seconds"]
    for step in STEPS:
        figures[step].append(steps.get(step, 0.0))
    figures["command and upload"].append(deployed - sum(steps.get(step, 0.0) for step in STEPS))


def _table(measured: dict[str, dict[str, list[float]]]) -> Table:
    table = Table(title="From `unshelf deploy` to the first answer (seconds)")
    table.add_column("step")
    for column in measured:
        table.add_column(f"environment {column}", justify="right")
    for row in ["command and upload", *STEPS, "deploy → first answer"]:
        medians = [statistics.median(figures[row]) for figures in measured.values()]
        table.add_row(row, *(f"{seconds:.2f}" for seconds in medians), style="bold" if "→" in row else None)
    return table


if __name__ == "__main__":
    main()
