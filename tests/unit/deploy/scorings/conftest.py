"""Scorings over a real database, with a launcher on paper and the data processes in this one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import update

from tests.support.actors import user
from tests.support.jobs import Workshop
from tests.support.stand_in_host import lock_of
from unshelf.contracts.bundle import BundleFile, Checks, Loader, Manifest
from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import DataProblem
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.contracts.tiers import TIERS
from unshelf.deploy.scorings import read_process, write_process
from unshelf.deploy.scorings.dependencies import WorkDependencies
from unshelf.deploy.scorings.messages import ReadRows
from unshelf.deploy.scorings.scoring import ScoringOrder
from unshelf.deploy.scorings.service import ScoringDependencies, ScoringService
from unshelf.deploy.scorings.subjects import scoring_source
from unshelf.deploy.scorings.work import QUEUE, ScoringWork
from unshelf.develop.datasets.processes import DataProblemError
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.loops.loops import Postponed
from unshelf.foundation.loops.tables import WorkRow
from unshelf.foundation.search import kind_of
from unshelf.manage.egress.networks import VersionNetwork
from unshelf.runtime.blobs.port import BlobSettings


class InThisProcess:
    """The data processes of scorings, without starting one."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        """Raised by the next ones, one each."""
        self.asked = 0

    def ask_for(self, program: Any, order: Any, answers: Any, **_: Any) -> Any:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        act: Any = read_process.carry_out if isinstance(order, ReadRows) else write_process.carry_out
        answer = act(order)
        if isinstance(answer, DataProblem):
            raise DataProblemError(answer)
        return answer


class ScoringShop:
    """The door and the work of scorings: a version `credit:3` of the project `risk` that takes a column `a`."""

    def __init__(self, workshop: Workshop, folder: Path) -> None:
        self.jobs, self.folder = workshop, folder
        model = workshop.upload(workshop.ana, b"model", "m.pkl")
        checks = Checks(
            python="3.12", load_seconds=0.1, memory_bytes=300 << 20,
            signature=Signature(inputs=Columns(columns=[Column(name="a", type="int64")], container="dicts")),
        )  # fmt: skip
        manifest = Manifest(loader=Loader(kind="sklearn", file="m.pkl"), files=[model], python="3.12")
        with workshop.database.transaction() as session:
            workshop.environments.remember(session, "e" * 64, lock=lock_of([]), python="3.12.1")
        version = SimpleNamespace(checks=checks, manifest=manifest, environment="e" * 64, paused=False)
        self.version: Any = SimpleNamespace(
            project="risk", paused=False, version=version, version_named=("credit", 3), name="credit"
        )
        common: dict[str, Any] = {
            "database": workshop.database, "events": workshop.events, "subjects": workshop.subjects, "holds": workshop.holds,
            "blobs": workshop.blobs, "loops": workshop.loops, "jobs": workshop.service, "data": workshop.data,
            "inspect": self.inspect,
        }  # fmt: skip
        (folder / "predictions").mkdir()
        self.work = ScoringWork(
            WorkDependencies(
                **common, settings=BlobSettings(setting="files", folder=folder / "blobs"), uploads=workshop.uploads, run=folder,
                notifications=workshop.notifications, predictions=folder / "predictions", datasets=workshop.datasets, tiers=TIERS,
                networks_of=lambda _: {3: VersionNetwork(access="none", allow=())}, secrets_of=lambda _model, _project: {},
                person_now=workshop.people.get,
            )
        )  # fmt: skip
        self.processes = InThisProcess()
        self.work._processes.ask_for = self.processes.ask_for  # type: ignore[method-assign]
        workshop.loops.add_all(self.work.loops())
        self.service = ScoringService(
            ScoringDependencies(
                **common, tiers=workshop.tiers, quotas=workshop.quotas, sizes=TIERS,
                scope_of=lambda name: Scope(kind="model", project="risk", model=name), baseline_dataset_of=lambda _model, _version: None,
            )
        )  # fmt: skip
        workshop.subjects.register(kind_of(scoring_source(), Permission.JOBS_READ))
        self.ana = workshop.people["ana"] = user("ana", risk="owner")

    def inspect(self, reference: str) -> Any:
        """Find the one version that there is."""
        if reference.partition(":")[0] != "credit":
            raise NotFound(f"There is no model {reference}.")
        return self.version

    def table(self, **columns: list[Any]) -> BundleFile:
        """Upload a table as ana."""
        place = self.folder / "table.parquet"
        pq.write_table(pa.table(columns or {"a": [1, 2, 3]}), place)
        return self.jobs.upload(self.ana, place.read_bytes(), "table.parquet")

    def begin(self, **fields: Any) -> str:
        """Begin a scoring of three rows as ana, and return its id."""
        if "data" not in fields:
            fields.setdefault("files", [self.table()])
        return self.service.begin(self.ana, ScoringOrder(**({"reference": "credit", "data": ""} | fields))).id

    def step(self) -> list[float]:
        """Have the loops look, and do what is queued; returns the pauses of what was put off, which is then done no more."""
        self.work.follow()
        pauses = []
        while (claim := self.jobs.loops._claims.take(QUEUE)) is not None:
            try:
                self.work.work(claim)
            except Postponed as later:
                pauses.append(later.seconds)
                self.jobs.loops._claims.give_back(claim, after_seconds=3600)
        return pauses

    def again_now(self) -> None:
        """Have what was put off be due at once."""
        with self.jobs.database.transaction() as session:
            session.execute(update(WorkRow).values(due_at=datetime(2020, 1, 1, tzinfo=UTC)))

    def answer(self, id: str, outputs: list[Any]) -> None:
        """Have the job of a scoring end with these answers to its only chunk."""
        job = self.service.show(self.ana, id).job
        assert job is not None
        head = {"rows": [[0, len(outputs)]], "status": 200, "code": "", "us": 5, "at": 1}
        content = b"%s\n%s\n" % (msgspec.json.encode(head), msgspec.json.encode(outputs))
        file = self.jobs.upload(self.ana, content, "answers/000000")
        self.jobs.turn()
        self.jobs.end(job, files=[file])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ScoringShop]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield ScoringShop(Workshop(opened, tmp_path), tmp_path)
    opened.dispose()
