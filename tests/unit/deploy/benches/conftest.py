"""Benches over a real database and a launcher on paper."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from tests.support.actors import user
from tests.support.jobs import Workshop
from tests.support.stand_in_host import lock_of
from unshelf.contracts.bundle import Checks, Loader, Manifest
from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.contracts.tiers import TIERS, Tier
from unshelf.deploy.benches.bench import BenchOrder
from unshelf.deploy.benches.service import BenchDependencies, BenchService
from unshelf.deploy.benches.subjects import bench_source
from unshelf.deploy.benches.work import QUEUE, BenchWork, BenchWorkDependencies
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.search import kind_of
from unshelf.manage.egress.networks import VersionNetwork
from unshelf.manage.usage.usage import PriceList
from unshelf.runtime.blobs.port import BlobSettings

MEASURE: dict[str, Any] = {
    "callers": 1, "requests": 300, "failed": 0, "problem": "", "seconds": 3.0, "requests_a_second": 100.0, "rows_a_second": 100.0,
    "mean_ms": 10.0, "p50_ms": 9.0, "p95_ms": 12.0, "p99_ms": 15.0, "max_ms": 20.0, "began": 1.7e9, "cpu_seconds": 1.5,
    "callers_cpu_seconds": 0.1, "others_cores": None,
}  # fmt: skip
RESULT: dict[str, Any] = {
    "load_seconds": 0.5, "limits": [], "memory_bytes": 1 << 30, "rows": 1, "warmup_requests": 9, "source": "example", "requests_made": 3,
    "body_bytes": 20, "machine": {"processor": "P", "cores": 2, "memory_bytes": 1 << 33, "kernel": "6"}, "measures": [MEASURE],
}  # fmt: skip
SIZES = {
    "small": Tier(cpu=1.0, memory_bytes=1 << 30, threads=1), "medium": Tier(cpu=2.0, memory_bytes=2 << 30, threads=2),
    "large": TIERS["large"],
}  # fmt: skip


class BenchShop:
    """The door and the work of benches: a version `credit:3` of the project `risk`, on a machine of two cores."""

    def __init__(self, workshop: Workshop, folder: Path) -> None:
        self.jobs = workshop
        model = workshop.upload(workshop.ana, b"model", "m.pkl")
        checks = Checks(
            python="3.12", load_seconds=0.1, memory_bytes=300 << 20,
            signature=Signature(inputs=Columns(columns=[Column(name="a", type="int64")])),
        )  # fmt: skip
        manifest = Manifest(
            loader=Loader(kind="sklearn", file="m.pkl"), files=[model], python="3.12", env={"HOW": "fast"}
        )
        with workshop.database.transaction() as session:
            workshop.environments.remember(session, "e" * 64, lock=lock_of([]), python="3.12.1")
        version = SimpleNamespace(checks=checks, manifest=manifest, environment="e" * 64, paused=False)
        self.version: Any = SimpleNamespace(
            project="risk", paused=False, version=version, version_named=("credit", 3), name="credit"
        )
        self.machine: Any = SimpleNamespace(cores=2, memory_bytes=8 << 30, gpus=0, cgroups_writable=False)
        self.baseline: list[ColumnProfile] = []
        self.prices = PriceList(currency="EUR", tiers={"small": 3.6})
        settings = BlobSettings(setting="files", folder=folder / "blobs")
        common: dict[str, Any] = {
            "database": workshop.database, "events": workshop.events, "subjects": workshop.subjects, "holds": workshop.holds,
            "loops": workshop.loops, "jobs": workshop.service, "inspect": self.inspect, "machine": lambda: self.machine,
        }  # fmt: skip
        self.work = BenchWork(
            BenchWorkDependencies(
                **common, blobs=workshop.blobs, settings=settings, run=folder, tiers=SIZES, prices=lambda: self.prices,
                networks_of=lambda _: {3: VersionNetwork(access="none", allow=())}, secrets_of=lambda _model, _project: {"TOKEN": "x"},
                baseline_of=lambda _model, _version: self.baseline, person_now=workshop.people.get,
            )
        )  # fmt: skip
        workshop.loops.add_all(self.work.loops())
        self.service = BenchService(
            BenchDependencies(
                **common, data=workshop.data, tiers=workshop.tiers, quotas=workshop.quotas, sizes=SIZES, currency="EUR",
                scope_of=lambda name: Scope(kind="model", project="risk", model=name),
            )
        )  # fmt: skip
        workshop.subjects.register(kind_of(bench_source(), Permission.JOBS_READ))
        self.ana = workshop.people["ana"] = user("ana", risk="owner")

    def inspect(self, reference: str) -> Any:
        """Find the one version that there is."""
        if reference.partition(":")[0] != "credit":
            raise NotFound(f"There is no model {reference}.")
        return self.version

    def begin(self, **fields: Any) -> str:
        """Begin a bench as ana, and return its id."""
        return self.service.begin(self.ana, BenchOrder(**({"reference": "credit"} | fields))).id

    def step(self) -> None:
        """Have the loops look, and do what is queued."""
        self.work.follow()
        while (claim := self.jobs.loops._claims.take(QUEUE)) is not None:
            self.work.work(claim)

    def run(self, job: str, *, results: Any = None, status: int = 0) -> None:
        """Have a job begin and end with these results."""
        self.jobs.turn()
        self.jobs.end(job, status=status, results=None if results is None else msgspec.json.encode(results).decode())


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[BenchShop]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield BenchShop(Workshop(opened, tmp_path), tmp_path)
    opened.dispose()
