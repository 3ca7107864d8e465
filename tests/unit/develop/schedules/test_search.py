"""Schedules, sweeps and triggers as they are found: by their names, in their projects."""

from datetime import UTC, datetime
from pathlib import Path

from unshelf.develop.schedules.search import schedule_source, schedules_of_jobs
from unshelf.develop.schedules.tables import ScheduleRow
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base


def test_a_schedule_is_found_by_its_name_and_when_it_starts(tmp_path: Path) -> None:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    with database.transaction() as session:
        session.add(
            ScheduleRow(
                id="s1", name="nightly", project="risk", kind="job", target="j1", cron="@daily", time_zone="UTC", catch_up="latest",
                state="active", paused_because="", refusals=0, next_at=moment, created_at=moment, created_by="ana", actor_id="a",
                actor_label="ana",
            )
        )  # fmt: skip
    with database.read() as session:
        source = schedule_source()
        (document,) = source.documents(session, list(session.scalars(source.names)))
        (use,) = schedules_of_jobs(session, None, ["j1", "j2"])
        assert schedules_of_jobs(session, None, ["j2"]) == []
    database.dispose()
    assert (use.job, use.name, use.page, use.owns) == ("j1", "nightly", "/schedules/s1", False)
    assert (document.title, document.page, document.subject.project) == ("nightly", "/schedules/s1", "risk")
    assert "@daily" in document.text
