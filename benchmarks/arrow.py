"""A table of a million rows in one call: as an Arrow stream, and the same rows as JSON.

Two tables: four numbers a row through the iris model, and twenty through a model that only adds them up, where nearly all of the
time is the way of the rows. Bodies are made and answers read by the caller; both are shown apart from the call."""

import argparse
import contextlib
import http.client
import json
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
from rich.console import Console

from benchmarks.ours import train_iris
from benchmarks.report import milliseconds, table, write_section
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform

ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"
MAX_BODY_BYTES = 1000 << 20
STEPS = ("made", "call", "model", "read")
WIDTHS = {"iris": 4, "adder": 20}
_ADDER = "def predict(rows):\n    return rows.sum(axis=1)\n"

console = Console()
Times = dict[str, list[float]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-arrow ARGS=…", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is called, in turn; medians are shown")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    rows, told = [], []
    with (
        tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch,
        running_platform(Path(scratch) / "home", max_body_bytes=str(MAX_BODY_BYTES)) as platform,
    ):
        _deploy(platform, Path(scratch))
        for model, width in WIDTHS.items():
            medians, sizes = _measure(platform, model, width, options)
            rows += [
                [
                    f"{model}, {width} columns, {kind}",
                    f"{sizes[kind] / 2**20:.0f}",
                    *(milliseconds(1000 * of[step]) for step in STEPS),
                ]
                for kind, of in medians.items()
            ]
            calls = {kind: of["call"] for kind, of in medians.items()}
            whole = {kind: of["made"] + of["call"] + of["read"] for kind, of in medians.items()}
            told.append(
                f"{model}: the call is {calls[JSON] / calls[ARROW]:.1f} × faster as Arrow, with making and reading "
                f"{whole[JSON] / whole[ARROW]:.1f} ×; all outputs are equal."
            )
    shown = table(["body", "MiB", "made in ms", "call ms", "of it the model's", "answer read in ms"], rows)
    sentences = "\n".join(f"- {sentence}" for sentence in told)
    print(shown, sentences, sep="\n\n")
    if options.docs:
        said = f"`make bench-arrow`: {options.rows:,} rows in one call, medians of {options.rounds} after a first one that is not counted."
        page = write_section("arrow", "A million rows", f"{said}\n\n{shown}\n\n{sentences}")
        console.print(f"written: {page}")
    return 0


def _deploy(platform: Platform, scratch: Path) -> None:
    arrow = f"pyarrow=={pa.__version__}"
    extra = '\n[resources]\ntier = "large"\n'
    platform.cli("deploy", str(train_iris(scratch / "iris", extra=extra, requirements=(arrow,))))
    adder = write_model(
        scratch / "adder", name="adder", code=_ADDER, example=np.ones((3, WIDTHS["adder"])).tolist(),
        requirements=(f"numpy=={np.__version__}", arrow), extra=extra,
    )  # fmt: skip
    recipe = adder / "unshelf.toml"
    recipe.write_text(recipe.read_text().replace("[model]\n", '[model]\ninput = "numpy"\n'))
    platform.cli("deploy", str(adder))


def _measure(
    platform: Platform, model: str, width: int, options: argparse.Namespace
) -> tuple[dict[str, dict[str, float]], dict[str, int]]:
    """Medians in seconds by kind of body and step, and the sizes of the bodies."""
    rows = np.round(np.random.default_rng(0).uniform(0.1, 7.9, size=(options.rows, width)), 1)
    makers = {ARROW: _as_arrow, JSON: _as_json}
    times: dict[str, Times] = {kind: defaultdict(list) for kind in makers}
    sizes: dict[str, int] = {}
    outputs: dict[str, Any] = {}
    for number in range(options.rounds + 1):
        for kind, make in makers.items():
            begun = time.perf_counter()
            body = make(rows)
            made = time.perf_counter()
            answer, content = _call(platform, model, kind, body)
            answered = time.perf_counter()
            outputs[kind] = _read(kind, content)
            read = time.perf_counter()
            sizes[kind] = len(body)
            if number:  # the first call has the worker import pyarrow
                spent = (
                    made - begun,
                    answered - made,
                    _model_seconds(answer.headers["server-timing"]),
                    read - answered,
                )
                for step, seconds in zip(STEPS, spent, strict=True):
                    times[kind][step].append(seconds)
    if not np.array_equal(outputs[ARROW], outputs[JSON]):
        raise SystemExit("Arrow and JSON were answered differently")
    return {kind: {step: statistics.median(of[step]) for step in STEPS} for kind, of in times.items()}, sizes


def _call(platform: Platform, model: str, kind: str, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
    """By the standard library's client, which writes a large body as it is; httpx copies what is left of it after each part.

    On a connection of its own: making the body may take longer than the server keeps an idle one."""
    headers = {"authorization": f"Bearer {platform.token}", "content-type": kind, "accept": kind}
    address = urlsplit(platform.url)
    with contextlib.closing(
        http.client.HTTPConnection(address.hostname or "", address.port, timeout=600)
    ) as connection:
        connection.request("POST", f"/models/{model}/predict", body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{kind}: {answer.status} {content[:500]!r}")
    return answer, content


def _model_seconds(timing: str) -> float:
    """`queue;dur=0.1, predict;dur=2.5` → 0.0025."""
    found = re.search(r"predict;dur=([0-9.]+)", timing)
    if found is None:
        raise SystemExit(f"no time of the model's in Server-Timing: {timing}")
    return float(found[1]) / 1000


def _as_arrow(rows: Any) -> bytes:
    # x0, x1 …: as the signature of a model without column names calls them.
    batch = pa.table({f"x{index}": rows[:, index] for index in range(rows.shape[1])})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_table(batch)
    return sink.getvalue().to_pybytes()


def _as_json(rows: Any) -> bytes:
    return json.dumps({"inputs": rows.tolist()}).encode()


def _read(kind: str, content: bytes) -> Any:
    if kind == JSON:
        return np.asarray(json.loads(content)["outputs"])
    with pa.ipc.open_stream(content) as reader:
        return reader.read_all().column(0).to_numpy()


if __name__ == "__main__":
    sys.exit(main())
