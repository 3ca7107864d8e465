"""The ledger beyond one machine: files of records that moved to S3, closed into an event log in PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import archive as archives
from tests.support.ledger import compact_here
from tests.support.object_store import ObjectStore
from tests.support.segments import record
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.database.postgresql import PostgresqlDatabase
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.verification import verify_chain
from unshelf.records.archive.compaction_scheduler import CompactionScheduler
from unshelf.records.archive.files import open_archive
from unshelf.records.ledger.closing import RecordsLedger
from unshelf.records.ledger.verification import FilesReport, FilesVerifier
from unshelf.server.wiring import control as wiring


@pytest.fixture
def database(new_postgres_database: Callable[[], str]) -> Iterator[Database]:
    assert wiring.build_control  # importing it is what makes every wing's tables known
    opened = PostgresqlDatabase(new_postgres_database())
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.mark.long
def test_files_are_verified_where_they_moved_to(database: Database, object_store: ObjectStore, tmp_path: Path) -> None:
    """Given closed files, when they are merged and moved to a bucket, then they verify there; a byte changed or a file taken away in it
    is named."""
    folder, bucket = archives.folder(tmp_path), object_store.bucket()
    setting = f"s3://{bucket}/records"
    archive = open_archive(folder, setting=setting, s3_endpoint=object_store.endpoint)

    def verified() -> FilesReport:
        RecordsLedger(database, EventStore(database), archive).close()
        close_chain(database)
        return FilesVerifier(database, archive).verify()

    compact_here(folder, "01-0-a", record(1))
    compact_here(folder, "02-0-a", record(2))
    assert verified().rows == 2
    scheduler = CompactionScheduler(
        folder, tmp_path, setting=setting, s3_endpoint=object_store.endpoint, days=None, max_bytes=None
    )
    assert scheduler.merge()
    filesystem = object_store.filesystem()
    (path,) = filesystem.find(f"{bucket}/records")
    report = verified()
    assert (report.rows, report.pending, report.faults) == (2, 0, [])

    content = bytearray(filesystem.cat_file(path))
    content[len(content) // 2] ^= 1
    filesystem.pipe_file(path, bytes(content))
    (changed,) = verified().faults
    assert (changed.path, "Changed" in changed.detail) == (path.removeprefix(f"{bucket}/records/"), True)

    filesystem.rm(path)
    (missing,) = verified().faults
    assert missing.detail.startswith("Missing, with 2 records")
    assert verify_chain(database).faults == []
