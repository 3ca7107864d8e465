"""The job of a scoring: the version's environment, files, secrets and network, with the program that scores."""

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.bundle import BundleFile, NetworkAccess
from unshelf.contracts.tiers import Tier
from unshelf.deploy.registry.values import InspectedModel
from unshelf.deploy.scorings.scoring import BATCH_ROWS
from unshelf.deploy.scorings.tables import ScoringRow
from unshelf.develop.jobs.job import MAX_RETRIES, JobOrder, PlatformFiles
from unshelf.manage.egress.networks import VersionNetwork
from unshelf.runtime.blobs.port import Blobs

CHUNKS, MODEL = "UNSHELF_DATA_CHUNKS", "UNSHELF_DATA_MODEL"
"""The variables that lead the program to the rows and to the version's files."""
_PROGRAM = "worker/scoring/__main__.py"


class ScoringProgram:
    """The files of the program, which runs on the standard library of a version's environment."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._content: dict[str, bytes] = {}
        self._files: list[BundleFile] = []

    def files(self) -> list[BundleFile]:
        """Return the program's files, which are blobs when this returns. Raises Unavailable."""
        if not self._files:
            self._read(Path(str(files("unshelf"))) / "worker")
        for digest in self._blobs.missing(self._content):
            self._blobs.put(digest, [self._content[digest]], limit=1 << 30)
        return self._files

    def _read(self, folder: Path) -> None:
        found = []
        for path in sorted(folder.rglob("*.py")):
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            self._content[digest] = content
            name = f"worker/{path.relative_to(folder).as_posix()}"
            found.append(BundleFile(path=name, sha256=digest, size=len(content)))
        self._files = found


def batch_rows(found: InspectedModel, wanted: int | None) -> int:
    """Return how many rows are predicted together: where batches were proved to change nothing, no more than that."""
    if wanted is not None:
        return wanted
    proved = found.version.checks.batch_rows
    return min(BATCH_ROWS, proved) if found.version.checks.batchable and proved else BATCH_ROWS


def plan_of(row: ScoringRow, found: InspectedModel, tier: Tier, secrets: list[str]) -> dict[str, Any]:
    """Return the plan of the program, without the rows of its chunks."""
    checks = found.version.checks
    by_memory = tier.memory_bytes // max(1, checks.memory_bytes)
    return {
        "scoring": row.id, "model": row.model, "version": row.version, "processes": max(1, min(int(tier.cpu), by_memory)),
        "manifest": msgspec.to_builtins(found.version.manifest), "signature": msgspec.to_builtins(checks.signature),
        "most_failed": row.options["most_failed"], "secrets": secrets,
    }  # fmt: skip


def job_order(row: ScoringRow, found: InspectedModel, program: list[BundleFile], network: VersionNetwork) -> JobOrder:
    """Return the order of a scoring whose chunks are there."""
    assert row.chunks is not None and row.source is not None  # noqa: S101 - they were read before
    chunks = msgspec.convert(row.chunks["files"], list[BundleFile])
    manifest = found.version.manifest
    access = NetworkAccess(access=network.access, allow=[] if network.access == "full" else list(network.allow))
    return JobOrder(
        project=row.project, name=f"score {row.model}:{row.version}", files=program, command=[_PROGRAM],
        tier=row.options["tier"], environment=found.version.environment, variables=manifest.env, network=access,
        seconds=row.options["seconds"], retries=MAX_RETRIES, priority=row.options["priority"], key=f"scoring/{row.id}",
        model=row.model,
        reads=[
            PlatformFiles(label=f"{row.model}:{row.version}", variable=MODEL, files=manifest.files),
            PlatformFiles(label=row.source["label"], variable=CHUNKS, files=chunks),
        ],
    )  # fmt: skip
