"""The job of a metric: the environment of the version, the program that evaluates, the function and the rows; no secrets and no network."""

from collections.abc import Sequence
from typing import Any

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.tiers import Tier
from unshelf.deploy.scorings.orders import CHUNKS
from unshelf.develop.jobs.job import JobOrder, PlatformFiles
from unshelf.monitor.performance.custom.metric import MetricDefinition
from unshelf.monitor.performance.custom.tables import CustomMetricRunRow

PLAN, CODE = "plan.json", "metric.py"
DAY_SECONDS = 30.0
"""The time that a function has for a day, with its slices and bootstrap samples."""
_BEGINNING_SECONDS = 60.0
_SHARE_OF_MEMORY = 0.75
_PROGRAM = "worker/metrics/__main__.py"
_PACKAGES = ("numpy", "pandas")
"""Packages of the environment of a version that runs elsewhere, which has none here."""


def file_of(day: str) -> str:
    """Return the path of the rows of a day."""
    return f"days/{day}.npz"


def plan_of(definition: MetricDefinition, days: Sequence[str], tier: Tier | None) -> dict[str, Any]:
    """Return the plan of the program. `tier` None: there is none of its name any more, and its job will be refused."""
    return {
        "function": definition.function, "days": sorted(days), "seconds": DAY_SECONDS,
        "memory_bytes": int((0 if tier is None else tier.memory_bytes) * _SHARE_OF_MEMORY),
    }  # fmt: skip


def job_order(
    run: CustomMetricRunRow,
    definition: MetricDefinition,
    *,
    project: str,
    environment: str,
    program: Sequence[BundleFile],
    files: Sequence[BundleFile],
) -> JobOrder:
    """Return the order of a run. Its key makes a second try begin nothing new. `environment`: empty, the version has none."""
    return JobOrder(
        project=project, name=f"metric {run.metric} of {run.model}:{run.version}", files=program, command=[_PROGRAM],
        tier=definition.tier, environment=environment or None, requirements=None if environment else _PACKAGES,
        seconds=_BEGINNING_SECONDS + DAY_SECONDS * len(run.days), key=f"metric/{run.id}", model=run.model, use="metric",
        reads=[PlatformFiles(label=f"labelled predictions of {run.model}:{run.version}", variable=CHUNKS, files=files)],
    )  # fmt: skip
