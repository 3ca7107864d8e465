"""Scorings as they are found, and as what they keep counts to quotas."""

from datetime import UTC, datetime
from pathlib import Path

from unshelf.deploy.scorings.subjects import ScoringFiles, scoring_source, scorings_of_jobs
from unshelf.deploy.scorings.tables import ScoringRow
from unshelf.deploy.scorings.work import holder_of
from unshelf.foundation.blob_holds import hold
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.manage.quotas.accounts import Account


def test_a_scoring_is_found_by_its_version_and_data_and_its_files_count_to_its_project(tmp_path: Path) -> None:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    with database.transaction() as session:
        session.add(
            ScoringRow(
                id="s1", name="credit:3", project="risk", model="credit", version=3, reference="credit", data="data://orders",
                source=None, job="j1", out="data://scored", options={}, state="reading", reason="", unused=[], written="", created_by="ana",
                actor_id="a", created_at=datetime(2026, 5, 1, tzinfo=UTC),
            )
        )  # fmt: skip
        session.flush()
        hold(session, {"a" * 64: 5}, holder_of("s1", "results"))
        hold(session, {"b" * 64: 7}, holder_of("s2", "results"))
    with database.read() as session:
        source = scoring_source()
        (document,) = source.documents(session, list(session.scalars(source.names)))
        mine = ScoringFiles().files(Account(kind="project", name="risk", title="risk"))
        held = [tuple(row) for select in mine for row in session.execute(select)]
        (use,) = scorings_of_jobs(session, None, ["j1", "j2"])
    database.dispose()
    assert (use.job, use.page, use.owns) == ("j1", "/scorings/s1", True)
    assert (document.title, document.page, document.subject.project) == ("credit:3", "/scorings/s1", "risk")
    assert "data://orders" in document.text and "data://scored" in document.text
    assert held == [("a" * 64, 5)]
