"""Sweeps as they are found."""

from datetime import UTC, datetime
from pathlib import Path

from unshelf.develop.sweeps.search import sweep_source
from unshelf.develop.sweeps.tables import SweepRow
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base


def test_a_sweep_is_found_by_its_name_and_its_parameters(tmp_path: Path) -> None:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    with database.transaction() as session:
        session.add(
            SweepRow(
                id="s1", name="depths", project="risk", job="j1", strategy="grid", space={"depth": [1]}, trials=1, parallel=1,
                objective="score", maximize=True, seed=0, state="running", reason="", created_at=datetime(2026, 5, 1, tzinfo=UTC),
                created_by="ana", actor_id="a",
            )
        )  # fmt: skip
    with database.read() as session:
        source = sweep_source()
        (document,) = source.documents(session, list(session.scalars(source.names)))
    database.dispose()
    assert (document.title, document.page, document.subject.project) == ("depths", "/sweeps/s1", "risk")
    assert "depth" in document.text and "score" in document.text
