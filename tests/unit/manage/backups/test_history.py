"""The history of backups."""

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.backups import history
from unshelf.manage.backups.history import BackupHistory


def test_only_the_last_ones_are_kept(database: Database, monkeypatch: object) -> None:
    kept = BackupHistory(database, EventStore(database))
    for number in range(5):
        kept.failed(kept.begin(), "asked", "/b", f"problem {number}")
    assert [each.problem for each in kept.ended(limit=2)] == ["problem 4", "problem 3"]
    assert kept.last_success("/b") is None and history.__doc__
