"""A table of a million rows in one call: as an Arrow stream, and the same rows as JSON.

The bodies are made before the clock runs; their making and the reading of the answers are shown apart."""

import argparse
import json
import re
import statistics
import sys
import time
from collections import defaultdict

import httpx
import numpy as np
import pyarrow as pa
from rich.console import Console

from benchmarks.ours import OURS, iris_platform
from benchmarks.report import milliseconds, table, write_section

ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"
MAX_BODY_BYTES = 512 << 20

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-arrow ARGS=…", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is called, in turn; medians are shown")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    rows = np.round(np.random.default_rng(0).uniform(0.1, 7.9, size=(options.rows, 4)), 1)
    makers = {ARROW: _as_arrow, JSON: _as_json}
    times: dict[str, dict[str, list[float]]] = {kind: defaultdict(list) for kind in makers}
    sizes, outputs = {}, {}
    extra = '\n[resources]\ntier = "large"\n'
    with (
        iris_platform(
            extra=extra, requirements=(f"pyarrow=={pa.__version__}",), max_body_bytes=str(MAX_BODY_BYTES)
        ) as platform,
        httpx.Client(headers={"authorization": f"Bearer {platform.token}"}, timeout=600, trust_env=False) as client,
    ):
        for number in range(options.rounds + 1):
            for kind, make in makers.items():
                begun = time.perf_counter()
                body = make(rows)
                made = time.perf_counter()
                headers = {"content-type": kind, "accept": kind, "x-request-timeout": "600"}
                answer = client.post(platform.url + OURS.path, content=body, headers=headers)
                answered = time.perf_counter()
                if answer.status_code != 200:
                    raise SystemExit(f"{kind}: {answer.status_code} {answer.text[:500]}")
                outputs[kind] = _read(kind, answer.content)
                sizes[kind] = len(body)
                if not number:
                    continue  # the first call has the worker import pyarrow
                times[kind]["predict"].append(_predict_seconds(answer.headers["server-timing"]))
                times[kind]["make"].append(made - begun)
                times[kind]["call"].append(answered - made)
                times[kind]["read"].append(time.perf_counter() - answered)
    if not np.array_equal(outputs[ARROW], outputs[JSON]):
        raise SystemExit("Arrow and JSON were answered differently")
    medians = {kind: {step: statistics.median(values) for step, values in of.items()} for kind, of in times.items()}
    shown = table(
        ["body", "MiB", "made in ms", "call ms", "of it the model's", "answer read in ms"],
        [
            [
                kind,
                f"{sizes[kind] / 2**20:.1f}",
                *(milliseconds(1000 * of[step]) for step in ("make", "call", "predict", "read")),
            ]
            for kind, of in medians.items()
        ],
    )
    ratio = medians[JSON]["call"] / medians[ARROW]["call"]
    told = f"The call is {ratio:.1f} × faster as Arrow; all outputs are equal."
    print(shown, told, sep="\n\n")
    if options.docs:
        said = f"`make bench-arrow`: {options.rows:,} rows of four numbers through the iris model in one call, medians of {options.rounds}."
        page = write_section("arrow", "A million rows", f"{said}\n\n{shown}\n\n{told}")
        console.print(f"written: {page}")
    return 0


def _predict_seconds(timing: str) -> float:
    """`queue;dur=0.1, predict;dur=2.5` → 0.0025."""
    found = re.search(r"predict;dur=([0-9.]+)", timing)
    if found is None:
        raise SystemExit(f"no time of the model's in Server-Timing: {timing}")
    return float(found[1]) / 1000


def _as_arrow(rows) -> bytes:
    batch = pa.table({name: rows[:, index] for index, name in enumerate(_NAMES)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_table(batch)
    return sink.getvalue().to_pybytes()


_NAMES = ("x0", "x1", "x2", "x3")
"""As the signature of a model without column names calls them."""


def _as_json(rows) -> bytes:
    return json.dumps({"inputs": rows.tolist()}).encode()


def _read(kind: str, content: bytes):
    if kind == JSON:
        return np.asarray(json.loads(content)["outputs"])
    with pa.ipc.open_stream(content) as reader:
        return reader.read_all().column(0).to_numpy()


if __name__ == "__main__":
    sys.exit(main())
