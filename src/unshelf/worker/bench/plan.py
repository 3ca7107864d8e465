"""The plan of a bench, and the bodies of its requests: of rows that somebody brought, else of the version's example, else of a table made
from its baseline, else of rows made up from its signature."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from ..checks.synthetic_rows import derived_example
from ..encoding.json_codec import dumps, loads
from ..errors import RequestRefused
from ..scoring.plan import CHUNKS, MODEL, PLAN, bundle_folder

CHUNK = "chunks/000000"
"""The rows that were brought: lines, each a number of rows, a space, and the JSON array of these rows as in a native call."""
_MOST_BODIES = 256
"""Different requests that are sent in turn, so that no cache of the model's answers them all."""
_MOST_BYTES = 64 << 20
_MOST_BODY_BYTES = 256 << 20


class NothingToSend(Exception):
    """Refusal to measure without rows; the text says why."""


class BenchPlan(NamedTuple):
    """Everything that a bench needs to know."""

    config: "dict[str, Any]"
    """The configuration of the worker, without its bundle and its variables."""
    rows: int
    """The rows of a request."""
    callers: "list[int]"
    """How many callers there are at a time, one measurement each."""
    seconds: float
    """How long each measurement takes."""
    warmup: float
    """How long the version is called before that."""
    table: "list[Any] | None" = None
    """Rows made from the baseline, for a version without an example; None: there are none."""
    params: "dict[str, Any] | None" = None
    """Values of the version's parameters."""
    example: "str | None" = None
    """The bundle's file that has the example."""
    secrets: "list[str]" = []  # noqa: RUF012 - never changed


class BenchFolders(NamedTuple):
    """The folders of a bench."""

    plan: Path
    bundle: Path
    outputs: Path


def find_folders(variables: "dict[str, str]") -> BenchFolders:
    """The folders, by the variables of a job."""
    plan = Path(variables[CHUNKS])
    if plan.is_file():  # a tree of one file is shown as that file
        plan = plan.parent
    files = json.loads((plan / PLAN).read_bytes())["config"]["manifest"]["files"]
    return BenchFolders(plan, bundle_folder(Path(variables[MODEL]), files), Path(variables["UNSHELF_OUTPUTS"]))


def read_plan(folder: Path) -> BenchPlan:
    """Read what control laid out. Fields that a later release added are passed over."""
    given = json.loads((folder / PLAN).read_bytes())
    return BenchPlan(**{name: value for name, value in given.items() if name in BenchPlan._fields})


def request_bodies(plan: BenchPlan, folders: BenchFolders) -> "list[bytes]":
    """Make the bodies of requests, each with as many rows as the plan says; where there are fewer rows, they are repeated.

    Raises NothingToSend."""
    rows = _rows(plan, folders)
    rest = "" if plan.params is None else f',"params":{dumps(plan.params)}'
    texts = [dumps(row) for row in rows]
    cycle = texts * (1 + (plan.rows - 1) // len(texts)) if len(texts) < plan.rows else texts
    bodies: list[bytes] = []
    size = 0
    for number in range(min(_MOST_BODIES, len(texts))):
        start = number * plan.rows % len(cycle)
        chosen = (cycle[start : start + plan.rows] + cycle)[: plan.rows]
        body = f'{{"inputs":[{",".join(chosen)}]{rest}}}'.encode()
        if len(body) > _MOST_BODY_BYTES:
            raise NothingToSend(
                f"A request of {plan.rows} rows has {len(body) >> 20} MiB, more than are sent: ask for fewer rows."
            )
        bodies.append(body)
        size += len(body)
        if size > _MOST_BYTES:
            break
    return bodies


def source_of(plan: BenchPlan, folders: BenchFolders) -> str:
    """Say which rows are sent: `data`, `example`, `baseline` or `signature`."""
    if (folders.plan / CHUNK).exists():
        return "data"
    if plan.example is not None:
        return "example"
    return "signature" if plan.table is None else "baseline"


def _rows(plan: BenchPlan, folders: BenchFolders) -> "list[Any]":
    source = source_of(plan, folders)
    if source == "data":
        lines = (folders.plan / CHUNK).read_bytes().splitlines()
        return [row for line in lines for row in loads(line.partition(b" ")[2])]
    if source == "baseline":
        return list(plan.table or [])
    if plan.example is None:
        return derived_example(plan.config["signature"]["inputs"])
    try:
        found = loads((folders.bundle / plan.example).read_bytes())
    except (OSError, RequestRefused) as error:
        raise NothingToSend(f"The version's example can't be read: {error}") from None
    rows = found.get("inputs") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not rows:
        raise NothingToSend("The version's example has no rows.")
    return rows
