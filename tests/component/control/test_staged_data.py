"""Data of connections are read once for a job, and read again as they were where the same is wanted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.jobs import Workshop
from unshelf.contracts.errors import NotFound
from unshelf.develop.connections.service import WantedConnection
from unshelf.develop.jobs.again import JobsAgain
from unshelf.develop.jobs.job import JobInput
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base

WANTED = [JobInput(reference="data://shared/orders.csv", variable="UNSHELF_DATA_ORDERS")]


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield Workshop(opened, tmp_path)
    opened.dispose()


@pytest.fixture
def folder(workshop: Workshop, tmp_path: Path) -> Path:
    shared = tmp_path / "shared"
    shared.mkdir(exist_ok=True)
    (shared / "orders.csv").write_text("a,b\n1,x\n2,y\n")
    wanted = WantedConnection(kind="local", settings={"folder": "shared"}, credentials=None)
    workshop.connections.set(workshop.people["ana"], "shared", wanted, project="risk", description=None)
    return shared


def test_a_job_gets_a_file_whose_digest_is_recorded_and_no_credentials(workshop: Workshop, folder: Path) -> None:
    job = workshop.submit(inputs=WANTED, environment=None)
    assert workshop.row(job).state == "preparing"
    workshop.prepare()
    workshop.turn()
    facts = workshop.row(job).inputs[0]
    assert (facts["reference"], facts["rows"]) == ("data://shared/orders.csv", 2)
    order = workshop.launcher.orders[0]
    assert [(each.variable, each.files[0].path, each.files[0].sha256) for each in order.inputs] == [
        ("UNSHELF_DATA_ORDERS", "data.parquet", facts["sha256"])
    ]


def test_copies_read_the_same_and_what_a_schedule_starts_reads_anew(workshop: Workshop, folder: Path) -> None:
    job = workshop.queued(inputs=WANTED)
    (folder / "orders.csv").write_text("a,b\n1,x\n2,y\n3,z\n")
    (copy,) = workshop.service.clone(workshop.ana, job, lambda order: order)
    again = JobsAgain(workshop.database, workshop.service)
    later = again.start(workshop.ana, job, key="schedule/1/2026-01-01")
    trial = again.start(workshop.ana, job, key="sweep/1/1/0000000", same_data=True)
    workshop.prepare()
    assert [workshop.row(each).inputs[0]["rows"] for each in (job, copy, trial, later)] == [2, 2, 2, 3]


def test_a_schedule_reads_the_latest_version_of_a_dataset_and_a_copy_the_same(workshop: Workshop) -> None:
    for content in (b"1", b"2"):
        file = workshop.upload(workshop.ana, content, "notes.txt")
        workshop.datasets.add(workshop.ana, "orders", [file], project="risk", description=None)
        if content == b"1":
            job = workshop.queued(inputs=[JobInput(reference="data://orders", variable="UNSHELF_DATA_ORDERS")])
    again = JobsAgain(workshop.database, workshop.service)
    (copy,) = workshop.service.clone(workshop.ana, job, lambda order: order)
    later = again.start(workshop.ana, job, key="schedule/1/2026-01-01")
    after = again.start(workshop.ana, copy, key="schedule/2/2026-01-01")
    references = [workshop.row(each).inputs[0]["reference"] for each in (job, copy, later, after)]
    assert references == ["data://orders@1", "data://orders@1", "data://orders@2", "data://orders@2"]


def test_data_that_are_not_there_end_the_job_with_the_reason(workshop: Workshop, folder: Path) -> None:
    wanted = [JobInput(reference="data://shared/absent.csv", variable="UNSHELF_DATA_ABSENT")]
    job = workshop.queued(inputs=wanted)
    assert workshop.row(job).state == "failed"
    assert workshop.row(job).reason.startswith("Its data: There is no table at 'absent.csv'.")


def test_who_may_not_read_a_connection_gets_none_of_its_data(workshop: Workshop, folder: Path) -> None:
    with pytest.raises(NotFound, match="no data"):
        workshop.service.submit(workshop.eve, workshop.order(workshop.eve, project="other", inputs=WANTED))
