"""The ledger of records on every database: two controls that close at once close each file once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import archive as archives
from tests.support.archive import archived
from tests.support.ledger import actions, compact_here, ledger_of, verified
from tests.support.segments import record
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.records.archive.files import Archive
from unshelf.records.archive.merging import merge
from unshelf.server.backends import load_backend
from unshelf.server.wiring import control as wiring


@pytest.fixture
def databases(database_url: str) -> Iterator[tuple[Database, Database]]:
    """One database as two control processes have it open."""
    assert wiring.build_control  # importing it is what makes every wing's tables known
    first: Database = load_backend("database", database_url)(database_url)
    second: Database = load_backend("database", database_url)(database_url)
    migrate(first)
    yield first, second
    first.dispose()
    second.dispose()


def test_two_controls_close_each_file_once(databases: tuple[Database, Database], tmp_path: Path) -> None:
    folder = archives.folder(tmp_path)
    failed: list[BaseException] = []

    def close(database: Database) -> None:
        try:
            for _ in range(5):
                ledger_of(database, folder).close()
        except BaseException as error:  # a thread's error must fail the test
            failed.append(error)

    compact_here(folder, "01-0-a", record(1))
    for number in range(2, 5):
        compact_here(folder, f"0{number}-0-a", record(number))
        threads = [threading.Thread(target=close, args=[database]) for database in databases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert merge(Archive(folder), archived(folder))
    for database in databases:
        ledger_of(database, folder).close()
    assert failed == []
    assert actions(databases[0]) == ["records.closed"] * 4 + ["records.merged"]
    report = verified(databases[1], folder)
    assert (report.files, report.rows, report.pending, report.faults) == (1, 4, 0, [])
