"""Triggers as they are found."""

from datetime import UTC, datetime
from pathlib import Path

from unshelf.develop.triggers.search import trigger_source, triggers_of_jobs
from unshelf.develop.triggers.tables import TriggerRow
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base


def test_a_trigger_is_found_by_its_name_and_what_it_waits_for(tmp_path: Path) -> None:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    with database.transaction() as session:
        session.add(
            TriggerRow(
                id="t1", name="retrain", project="risk", kind="job", target="j1", waits_for="event", action="data.added",
                subject="orders", most_an_hour=60, state="active", paused_because="", refusals=0, position=0,
                created_at=datetime(2026, 5, 1, tzinfo=UTC), created_by="ana", actor_id="a", actor_label="ana",
            )
        )  # fmt: skip
    with database.read() as session:
        source = trigger_source()
        (document,) = source.documents(session, list(session.scalars(source.names)))
        (use,) = triggers_of_jobs(session, None, ["j1", "j2"])
        assert triggers_of_jobs(session, None, ["j2"]) == []
    database.dispose()
    assert (use.job, use.name, use.page, use.owns) == ("j1", "retrain", "/triggers/t1", False)
    assert (document.title, document.page, document.subject.project) == ("retrain", "/triggers/t1", "risk")
    assert "data.added" in document.text and "orders" in document.text
