"""A table scored through `unshelf score`, Parquet to Parquet, beside a plain loop over chunks in as many processes.

The model takes about 20 µs a row and is the same function in both; the loop reads with pyarrow, predicts and writes, without sandbox,
validation, records, or anything that survives a kill. Both are measured in one run."""

import argparse
import importlib.util
import itertools
import multiprocessing
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from benchmarks.report import table
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

PROCESSES = 2
CHUNK = 10_000
_CODE = """
def predict(rows):
    outputs = []
    for row in rows:
        a, b, total = row["a"], row["b"], 0.0
        for step in range(%d):
            total += (a - step) * b
        outputs.append(total)
    return outputs
"""
_STEPS = 420
"""Turns of the model's loop: about 20 µs a row."""

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-scoring ARGS=…", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch,
        running_platform(Path(scratch) / "home", gateways="1") as platform,
    ):
        folder = Path(scratch)
        model = write_model(folder / "model", name="slow", code=_CODE % _STEPS, example=[{"a": 1.0, "b": 2.0}])
        platform.cli("deploy", str(model))
        data = folder / "rows.parquet"
        random = np.random.default_rng(7)
        columns = {
            "id": np.arange(options.rows),
            "a": random.normal(size=options.rows),
            "b": random.normal(size=options.rows),
        }
        pq.write_table(pa.table(columns), data, row_group_size=100_000)
        plain = _plain(model / "predict.py", data, folder / "plain.parquet", options.rows)
        ours, steps = _ours(platform, data, folder / "ours.parquet")
        _must_be_equal(folder)
    rows = [
        [name, f"{seconds:.1f}", f"{options.rows / seconds:,.0f}", f"{plain / seconds:.0%}"]
        for name, seconds in (("plain loop", plain), ("unshelf score", ours))
    ]
    console.print(
        table([f"{options.rows:,} rows, {PROCESSES} processes", "seconds", "rows/s", "of the plain loop"], rows)
    )
    console.print(f"of that {steps}; the results are equal")
    return 0 if plain / ours >= 0.8 else 1


def _ours(platform: Platform, data: Path, out: Path) -> tuple[float, str]:
    """Seconds from the order to the results on disk, and how they are divided among the steps."""
    began = time.perf_counter()
    platform.cli("score", "slow", "--data", str(data), "--out", str(out), "--tier", "medium")
    seconds = time.perf_counter() - began
    (scoring,) = platform.http.get("/api/v1/scorings").json()["scorings"]
    job = wait_until(lambda: platform.http.get(f"/api/v1/jobs/{scoring['job']}").json(), what="the job is there")
    moments = [scoring["created_at"], job["started_at"], job["ended_at"], scoring["ended_at"]]
    at = [datetime.fromisoformat(each) for each in moments]
    read, scored, written = ((after - before).total_seconds() for before, after in itertools.pairwise(at))
    steps = f"{read:.1f} s reading and starting, {scored:.1f} s its job, {written:.1f} s writing, the rest the command"
    return seconds, f"{steps}; batches of {_batch(platform, scoring['id'])} rows"


def _batch(platform: Platform, id: str) -> int:
    return int(platform.http.get(f"/api/v1/scorings/{id}").json()["batch"])


def _plain(model: Path, data: Path, out: Path, rows: int) -> float:
    began = time.perf_counter()
    fields = [("id", pa.int64()), ("a", pa.float64()), ("b", pa.float64()), ("prediction", pa.float64())]
    context = multiprocessing.get_context("spawn")
    with (
        context.Pool(PROCESSES, _load, (str(model), str(data))) as pool,
        pq.ParquetWriter(out, pa.schema(fields), compression="zstd") as writer,
    ):
        for made in pool.imap(_predict, range(0, rows, CHUNK)):
            writer.write_table(made)
    return time.perf_counter() - began


_loaded: dict[str, Any] = {}


def _load(model: str, data: str) -> None:
    spec = importlib.util.spec_from_file_location("plain_model", model)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    _loaded.update(predict=module.predict, table=pq.read_table(data, memory_map=True))


def _predict(start: int) -> pa.Table:
    part = _loaded["table"].slice(start, CHUNK)
    return part.append_column("prediction", pa.array(_loaded["predict"](part.to_pylist())))


def _must_be_equal(folder: Path) -> None:
    plain, ours = (pq.read_table(folder / f"{name}.parquet") for name in ("plain", "ours"))
    assert plain.equals(ours), "the results differ"


if __name__ == "__main__":
    sys.exit(main())
