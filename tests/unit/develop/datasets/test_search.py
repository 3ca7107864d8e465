"""Names of data are found by kind, and not once they are deleted."""

from pathlib import Path

from tests.support.subjects import subject_world
from unshelf.develop.datasets.search import data_of_jobs, data_sources
from unshelf.develop.datasets.tables import DataNameRow, DatasetVersionRow
from unshelf.foundation.clock import now


def test_each_kind_has_its_own_names(tmp_path: Path) -> None:
    sources = {source.kind: source for source in data_sources()}
    assert set(sources) == {"dataset", "connection", "binding"}
    with subject_world(tmp_path) as world:
        with world.database.transaction() as session:
            for name, kind, gone in (
                ("loans", "dataset", None),
                ("dwh", "connection", None),
                ("old", "dataset", now()),
            ):
                session.add(
                    DataNameRow(
                        name=name, kind=kind, project="risk", description="Line one\nline two", last_version=1,
                        created_at=now(), created_by="ana", deleted_at=gone,
                    )
                )  # fmt: skip
        with world.database.read() as session:
            assert list(session.scalars(sources["dataset"].names)) == ["loans"]
            (found,) = sources["dataset"].documents(session, ["loans", "dwh", "old"])
    assert (found.subject.kind, found.subject.project, found.title, found.page) == (
        "dataset", "risk", "Line one", "/data/loans",
    )  # fmt: skip


def test_a_version_names_the_job_that_made_it(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world, world.database.transaction() as session:
        session.add(
            DataNameRow(
                name="loans", kind="dataset", project="risk", description="", last_version=2, created_at=now(), created_by="ana"
            )
        )  # fmt: skip
        session.flush()
        for number, job in enumerate((None, "j1"), start=1):
            session.add(
                DatasetVersionRow(
                    name="loans", number=number, digest=str(number) * 64, format="csv", files=[], bytes=0, job=job,
                    created_at=now(), created_by="ana",
                )
            )  # fmt: skip
        session.flush()
        (use,) = data_of_jobs(session, None, ["j1", "j2"])
        assert (use.job, use.kind, use.name, use.page) == ("j1", "data", "loans@2", "/data/loans")
