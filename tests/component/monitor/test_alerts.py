"""Alerts on a disk that is full."""

from pathlib import Path

from tests.support.disks import fill, small_disk
from tests.unit.monitor.alerts.test_service import finding, listed
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.monitor.alerts.service import AlertService


def test_an_alert_that_the_disk_does_not_take_is_shown_all_the_same_and_written_later(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    with small_disk(folder, "4m"):
        database = SqliteDatabase(f"sqlite:///{folder}/unshelf.db")
        Base.metadata.create_all(database.engine)
        alerts = AlertService(database, EventStore(database), Subjects())
        alerts.report(finding("old"))
        ballast = fill(folder)
        alerts.over("old")
        alerts.report(finding("new", evidence={"text": "x" * 20_000}))
        assert [alert.finding.kind for alert in listed(alerts)] == ["new"]
        assert [alert.finding.kind for alert in listed(alerts, state="resolved")] == ["old"]
        unwritten = AlertService(database, EventStore(database), Subjects())
        assert [alert.finding.kind for alert in listed(unwritten)] == ["old"]

        ballast.unlink()
        alerts.write()

        again = AlertService(database, EventStore(database), Subjects())
        assert [alert.finding.kind for alert in listed(again)] == ["new"]
        database.dispose()
