"""The job of a scoring: as many processes as hardware and memory hold, batches that were proved, and the version's own things."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from unshelf.contracts.bundle import BundleFile, Checks, Loader, Manifest
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.contracts.tiers import Tier
from unshelf.deploy.scorings.orders import CHUNKS, MODEL, ScoringProgram, batch_rows, job_order, plan_of
from unshelf.manage.egress.networks import VersionNetwork
from unshelf.runtime.blobs.backends import open_blobs
from unshelf.runtime.blobs.port import BlobSettings

FILE = BundleFile(path="m.pkl", sha256="a" * 64, size=1)
CHUNK = {"path": "chunks/000000", "sha256": "b" * 64, "size": 2}


def version(**checks: Any) -> Any:
    found = Checks(
        python="3.12", load_seconds=0.1, memory_bytes=300 << 20,
        signature=Signature(inputs=Columns(columns=[Column(name="a", type="int64")])), **checks,
    )  # fmt: skip
    manifest = Manifest(loader=Loader(kind="sklearn", file="m.pkl"), files=[FILE], python="3.12", env={"HOW": "fast"})
    return SimpleNamespace(version=SimpleNamespace(checks=found, manifest=manifest, environment="e" * 64))


def row() -> Any:
    options = {"tier": "large", "priority": 2, "seconds": 60.0, "most_failed": 5}
    return SimpleNamespace(
        id="s1", model="m", version=3, project="risk", options=options, source={"label": "data://orders@1"},
        chunks={"rows": [1], "files": [CHUNK]},
    )  # fmt: skip


@pytest.mark.parametrize(("cpu", "gib", "processes"), [(4.0, 16, 4), (4.0, 1, 3), (0.5, 1, 1), (2.0, 0.1, 1)])
def test_there_are_as_many_processes_as_cores_and_memory_hold(cpu: float, gib: float, processes: int) -> None:
    tier = Tier(cpu=cpu, memory_bytes=int(gib * (1 << 30)), threads=1)
    plan = plan_of(row(), version(), tier, ["TOKEN"])
    assert (plan["processes"], plan["most_failed"], plan["secrets"]) == (processes, 5, ["TOKEN"])


def test_rows_are_predicted_together_as_far_as_that_was_proved() -> None:
    assert batch_rows(version(batchable=True, batch_rows=64), None) == 64
    assert batch_rows(version(batchable=True, batch_rows=1024), None) == 1000
    assert batch_rows(version(), None) == 1000
    assert batch_rows(version(batchable=True, batch_rows=64), 7) == 7


def test_the_job_is_the_versions(tmp_path: Path) -> None:
    blobs = open_blobs(BlobSettings(setting="files", folder=tmp_path))
    program = ScoringProgram(blobs)
    files = program.files()
    assert not blobs.missing([file.sha256 for file in files])
    blobs.delete([files[0].sha256])
    assert program.files() == files and not blobs.missing([files[0].sha256])
    order = job_order(row(), version(), files, VersionNetwork(access="none", allow=("db.example.org:5432",)))
    assert order.command[0] in {file.path for file in files}
    assert (order.model, order.environment, order.variables, order.key) == (
        "m",
        "e" * 64,
        {"HOW": "fast"},
        "scoring/s1",
    )
    assert [(each.variable, [file.path for file in each.files]) for each in order.reads] == [
        (MODEL, ["m.pkl"]), (CHUNKS, ["chunks/000000"]),
    ]  # fmt: skip
    assert (order.network.access, order.network.allow) == ("none", ["db.example.org:5432"])
