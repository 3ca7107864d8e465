"""The program of a bench: serves the version with the real worker, warms it up, calls it, and writes what was measured."""

import json
import os
import sys
import time
from array import array
from pathlib import Path
from typing import Any

from ..scoring.plan import write_whole
from .callers import Answers, TooSlow, WorkerHungUp, call
from .machine import machine_facts, machine_times, others_cores
from .plan import BenchPlan, NothingToSend, find_folders, read_plan, request_bodies, source_of
from .serving import ServingWorker, WorkerFailure

_RESULTS = "results.json"
_PATIENCE_SECONDS = 5.0
"""Beyond the version's timeout: how long an answer is waited for."""
_USUAL_TIMEOUT = 30.0


def main() -> int:
    """Measure; the exit status."""
    folders = find_folders(dict(os.environ))
    plan = read_plan(folders.plan)
    try:
        bodies = request_bodies(plan, folders)
        found = _measured(plan, folders.bundle, bodies)
    except NothingToSend as error:
        return _fail(folders.outputs, str(error), "Give rows: --data FILE.")
    except WorkerFailure as error:
        return _fail(folders.outputs, str(error), error.hint)
    found |= {
        "source": source_of(plan, folders),
        "requests_made": len(bodies),
        "body_bytes": sum(map(len, bodies)) // len(bodies),
    }
    write_whole(folders.outputs / _RESULTS, json.dumps(found).encode())
    return 0


def _fail(outputs: Path, reason: str, hint: str) -> int:
    _say(f"{reason} {hint}".rstrip())
    write_whole(outputs / _RESULTS, json.dumps({"failure": reason[:2000], "hint": hint[:1000]}).encode())
    return 1


def _measured(plan: BenchPlan, bundle: Path, bodies: "list[bytes]") -> "dict[str, Any]":
    variables = {name: os.environ[name] for name in plan.secrets if name in os.environ}
    config = {
        **plan.config,
        "bundle": str(bundle),
        "variables": variables,
        "secrets": list(variables),
        "replica": "bench",
    }
    timeout = float(plan.config["manifest"].get("timeout", _USUAL_TIMEOUT)) + _PATIENCE_SECONDS
    worker = ServingWorker(config)
    try:
        _say(f"the version is loaded after {worker.load_seconds:.2f} s, and is called for {plan.warmup:g} s")
        try:
            warm = call(worker.address, bodies, callers=1, seconds=plan.warmup, timeout=timeout)
            if warm.failed:
                raise WorkerFailure(f"The version does not answer: {warm.problem}")
            measures = [_measure(plan, worker, bodies, callers, timeout) for callers in plan.callers]
        except WorkerHungUp:
            raise worker.failure() from None
        except TooSlow:
            raise WorkerFailure(f"No answer came within {timeout:g} seconds.") from None
        return {
            "load_seconds": worker.load_seconds, "limits": worker.limits, "memory_bytes": worker.memory_bytes(),
            "machine": machine_facts(), "rows": plan.rows, "warmup_requests": len(warm.latencies), "measures": measures,
        }  # fmt: skip
    finally:
        worker.stop()


def _measure(
    plan: BenchPlan, worker: ServingWorker, bodies: "list[bytes]", callers: int, timeout: float
) -> "dict[str, Any]":
    began, own, cpu, machine = time.time(), time.process_time(), worker.cpu_seconds(), machine_times()
    answers = call(worker.address, bodies, callers=callers, seconds=plan.seconds, timeout=timeout)
    own, cpu = time.process_time() - own, worker.cpu_seconds() - cpu
    others = others_cores(machine, machine_times(), own=own + cpu, seconds=answers.seconds)
    found = figures(answers, rows=plan.rows)
    found |= {
        "callers": callers,
        "began": began,
        "cpu_seconds": cpu,
        "callers_cpu_seconds": own,
        "others_cores": others,
    }
    _say(
        f"{callers} at a time: {found['requests_a_second']:.1f} requests a second, p50 {found['p50_ms']:.3f} ms, "
        f"p99 {found['p99_ms']:.3f} ms"
    )
    return found


def figures(answers: Answers, *, rows: int) -> "dict[str, Any]":
    """Return how many requests and rows were answered in a second, and how long they took, in milliseconds. Raises WorkerFailure where
    none was answered."""
    if not answers.latencies:
        raise WorkerFailure(f"Not one request was answered: {answers.problem}")
    ordered = array("Q", sorted(answers.latencies))
    rate = len(ordered) / answers.seconds
    return {
        "requests": len(ordered), "failed": answers.failed, "problem": answers.problem, "seconds": answers.seconds,
        "requests_a_second": rate, "rows_a_second": rate * rows, "mean_ms": sum(ordered) / len(ordered) / 1e6,
        "p50_ms": percentile(ordered, 50), "p95_ms": percentile(ordered, 95), "p99_ms": percentile(ordered, 99),
        "max_ms": ordered[-1] / 1e6,
    }  # fmt: skip


def percentile(ordered: "array[int]", share: int) -> float:
    """Return the smallest of ascending nanoseconds that `share` percent of them do not exceed, in milliseconds: the nearest rank."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] / 1e6


def _say(text: str) -> None:
    sys.stdout.write(f"unshelf: {text}\n")
    sys.stdout.flush()
