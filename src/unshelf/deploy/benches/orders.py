"""The job of one tier of a bench: the version's environment, files, secrets and network, with the program that measures."""

from typing import Any

import msgspec

from unshelf.contracts.bundle import BundleFile, Checks, NetworkAccess
from unshelf.contracts.machine import MachineFacts
from unshelf.contracts.tiers import Tier, memory_text
from unshelf.deploy.benches.tables import BenchRow
from unshelf.deploy.registry.routing import served_batching
from unshelf.deploy.registry.values import InspectedModel
from unshelf.deploy.scorings.orders import CHUNKS, MODEL
from unshelf.develop.jobs.job import JobOrder, PlatformFiles
from unshelf.manage.egress.networks import VersionNetwork

PLAN, CHUNK = "plan.json", "chunks/000000"
PROGRAM = "worker/bench/__main__.py"
_LOADING_SECONDS = 600.0
"""The time that loading the model, and answers that were under way, may take beyond what is measured."""


def unfit_reason(tier: Tier, checks: Checks, machine: MachineFacts) -> str:
    """Say why a version can't be measured on a tier; empty: it can be tried."""
    if checks.memory_bytes > tier.memory_bytes:
        return (
            f"Too little memory: the version took {memory_text(checks.memory_bytes)} in its check, the tier has "
            f"{memory_text(tier.memory_bytes)}."
        )
    if tier.cpu > machine.cores:
        return f"The machine has {machine.cores} of the tier's {tier.cpu:g} cores, so that something else would be measured."
    if machine.memory_bytes and tier.memory_bytes > machine.memory_bytes:
        return f"The machine has {memory_text(machine.memory_bytes)} of memory, less than the tier's {memory_text(tier.memory_bytes)}."
    if tier.gpu > machine.gpus:
        return f"The machine has {machine.gpus} of the tier's {tier.gpu} GPUs."
    return ""


def plan_of(
    row: BenchRow,
    found: InspectedModel,
    tier: Tier,
    *,
    machine: MachineFacts,
    network: VersionNetwork,
    secrets: list[str],
    table: list[Any] | None,
) -> dict[str, Any]:
    """Return the plan of the program. Its worker is configured as the host configures that of a replica on this tier; where control groups
    hold the job, its memory is limited by them alone, as a replica's is."""
    manifest, checks, options = found.version.manifest, found.version.checks, row.options
    batchable, batching = served_batching(manifest, checks)
    memory = 0 if machine.cgroups_writable else tier.memory_bytes
    config = {
        "model": row.model, "version": row.version, "manifest": msgspec.to_builtins(manifest),
        "signature": msgspec.to_builtins(checks.signature), "batchable": batchable, "max_batch_rows": batching.max_rows,
        "max_batch_bytes": batching.max_bytes, "batch_wait_seconds": batching.wait,
        "busy_poll": tier.cpu >= 1 and machine.cores > 1,
        "limits": {"groups": [], "memory_bytes": memory, "memory_text": memory_text(tier.memory_bytes)},
        "granted": list(network.allow) if network.access == "none" else None,
    }  # fmt: skip
    return {
        "config": config, "rows": options["rows"], "callers": sorted({1, options["callers"]}), "seconds": options["seconds"],
        "warmup": options["warmup"], "table": table, "params": options["params"], "example": manifest.example, "secrets": secrets,
    }  # fmt: skip


def job_order(
    row: BenchRow,
    tier: str,
    found: InspectedModel,
    *,
    program: list[BundleFile],
    plan: BundleFile,
    network: VersionNetwork,
) -> JobOrder:
    """Return the order of the job for one tier, whose plan and rows are blobs. Its key makes a second try begin nothing new."""
    manifest, options = found.version.manifest, row.options
    rows = [] if row.chunk is None else [msgspec.convert(row.chunk, BundleFile)]
    measured = options["warmup"] + len({1, options["callers"]}) * options["seconds"]
    return JobOrder(
        project=row.project, name=f"bench {row.model}:{row.version} on {tier}"[:200], files=program, command=[PROGRAM], tier=tier,
        environment=found.version.environment, variables=manifest.env,
        network=NetworkAccess(access=network.access, allow=[] if network.access == "full" else list(network.allow)),
        seconds=measured + _LOADING_SECONDS, key=f"bench/{row.id}/{tier}"[:64], model=row.model, use="bench",
        reads=[
            PlatformFiles(label=f"{row.model}:{row.version}", variable=MODEL, files=manifest.files),
            PlatformFiles(label=f"bench {row.id}", variable=CHUNKS, files=[plan, *rows]),
        ],
    )  # fmt: skip
