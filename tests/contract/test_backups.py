"""Backups of every database, to a folder and to a bucket: what comes back is what was there, while others write."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from tests.support.actors import actor
from tests.support.archive import all_of, compact, publish
from tests.support.object_store import ObjectStore
from tests.support.segments import record, write
from unshelf.contracts.home import Home
from unshelf.foundation.database.copies.copiers import open_copier
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.verification import verify_chain
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.foundation.loops.tables import WorkRow
from unshelf.manage.backups.making import BackupOptions, BackupSource, make_backup
from unshelf.manage.backups.order import QUEUE
from unshelf.manage.backups.restoring import NotEmpty, RestoreOptions, restore_backup
from unshelf.manage.backups.store.places import open_place
from unshelf.manage.backups.store.repository import Repository
from unshelf.records.archive.compaction_scheduler import CompactionScheduler
from unshelf.records.archive.files import Archive, open_archive
from unshelf.runtime.blobs.backends import open_blobs
from unshelf.runtime.blobs.port import BlobSettings
from unshelf.server.backends import load_backend

OPTIONS = BackupOptions(reason="asked", key="without")


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A database to back up, and an empty one to restore to."""
    if request.param == "sqlite":
        return "sqlite:///unshelf.db", "sqlite:///unshelf.db"
    create: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return create(), create()


@pytest.fixture
def opened(urls: tuple[str, str], tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "home").mkdir()
    database: Database = load_backend("database", urls[0])(urls[0], tmp_path / "home")
    migrate(database)
    yield database
    database.dispose()


def source(url: str, home: Path, *, blobs: str = "files", endpoint: str = "") -> BackupSource:
    settings = BlobSettings(setting=blobs, folder=home / "blobs", s3_endpoint=endpoint)
    return BackupSource(
        home=Home(home),
        database=open_copier(url, home),
        blobs=open_blobs(settings),
        archive=Archive(home / "predictions"),
    )


def note(database: Database, name: str, detail: str = "") -> None:
    with database.transaction() as session:
        after = {"detail": detail}
        EventStore(database).record(session, actor("ada"), "test.noted", Subject(kind="test", name=name), after=after)
    close_chain(database)


def test_all_rows_come_back_exactly_and_the_chain_of_events_holds(
    opened: Database, urls: tuple[str, str], tmp_path: Path
) -> None:
    awkward = "a\tb\nc\\d \\N 'q' \"é\" 語 \x7f"
    for number in range(30):
        note(opened, f"event {number}", awkward * 20)
    repository = Repository(open_place(str(tmp_path / "place")))
    make_backup(source(urls[0], tmp_path / "home"), repository, OPTIONS)
    note(opened, "later")
    again = Repository(open_place(str(tmp_path / "place")))
    make_backup(source(urls[0], tmp_path / "home"), again, OPTIONS)
    assert again.new_bytes < repository.new_bytes
    restore_backup(again, None, RestoreOptions(home=tmp_path / "new", database=urls[1], blobs="files"))
    restored: Database = load_backend("database", urls[1])(urls[1], tmp_path / "new")
    try:
        assert dump(restored) == dump(opened)
        assert verify_chain(restored).faults == []
        migrate(restored)
        note(restored, "after the restore")
    finally:
        restored.dispose()
    with pytest.raises(NotEmpty):
        restore_backup(
            again,
            None,
            RestoreOptions(home=tmp_path / "newer", database=urls[1], blobs="files")
            if not urls[1].startswith("sqlite")
            else RestoreOptions(home=tmp_path / "new", database=urls[1], blobs="files"),
        )


def test_a_backup_is_of_one_moment_while_others_write(opened: Database, urls: tuple[str, str], tmp_path: Path) -> None:
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.is_set():
            with opened.transaction() as session:  # one transaction writes both: a state has both or none
                for kind in ("one", "two"):
                    subject = Subject(kind=kind, name=str(number))
                    EventStore(opened).record(session, actor("ada"), "test.noted", subject)
            close_chain(opened)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        repository = Repository(open_place(str(tmp_path / "place")))
        for _ in range(3):
            make_backup(source(urls[0], tmp_path / "home"), repository, OPTIONS)
    finally:
        ended.set()
        writer.join()
    restore_backup(repository, None, RestoreOptions(home=tmp_path / "new", database=urls[1], blobs="files"))
    restored: Database = load_backend("database", urls[1])(urls[1], tmp_path / "new")
    try:
        with restored.read() as session:
            counts = session.execute(
                text("SELECT subject_kind, count(*) FROM events WHERE action = 'test.noted' GROUP BY subject_kind")
            ).all()
        assert len(counts) == 2 and counts[0][1] == counts[1][1] > 0
        assert verify_chain(restored).faults == []
    finally:
        restored.dispose()


def test_a_bucket_holds_backups_of_blobs_in_a_bucket(object_store: ObjectStore, tmp_path: Path) -> None:
    home, url = tmp_path / "home", "sqlite:///unshelf.db"
    home.mkdir()
    database: Database = load_backend("database", url)(url, home)
    migrate(database)
    database.dispose()
    bucket, endpoint = object_store.bucket(), object_store.endpoint
    here = source(url, home, blobs=f"s3://{bucket}/blobs", endpoint=endpoint)
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    here.blobs.put(digest, [b"hello"], limit=100)
    place = f"s3://{bucket}/backups"
    made = make_backup(here, Repository(open_place(place, endpoint)), OPTIONS)
    repository = Repository(open_place(place, endpoint))
    assert [each.id for each in repository.backups()] == [made.id]
    restore_backup(repository, None, RestoreOptions(home=tmp_path / "new", database=url, blobs="files"))
    assert (tmp_path / "new" / "blobs" / digest[:2] / digest).read_bytes() == b"hello"
    repository.remove(repository.backups())
    assert repository.backups() == []


def dump(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in no order that matters."""
    found = {}
    with database.engine.connect() as connection:
        if database.engine.dialect.name == "sqlite":
            query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search_text%'"
        else:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        for (table,) in connection.execute(text(query)).all():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).all()
            found[table] = sorted(tuple(map(repr, row)) for row in rows)
    return found  # type: ignore[return-value]


def test_records_in_a_bucket_are_backed_up_once_and_come_back_while_they_move(
    opened: Database, urls: tuple[str, str], object_store: ObjectStore, tmp_path: Path
) -> None:
    # Given records in a bucket, others in files here, and some in a segment,
    home, bucket = tmp_path / "home", object_store.bucket()
    predictions = home / "predictions"
    predictions.mkdir()
    publish(predictions)
    setting = f"s3://{bucket}/records"
    for number in (1, 2):
        write(predictions / f"{number:03}-0-a.seg", *(record(each) for each in range(number * 100, number * 100 + 100)))
    compact(predictions)
    move = CompactionScheduler(
        predictions, home, setting=setting, s3_endpoint=object_store.endpoint, days=None, max_bytes=None
    )
    assert move.merge()
    archive = open_archive(predictions, setting=setting, s3_endpoint=object_store.endpoint)
    assert [file.is_local for file in archive.files()] == [False]
    write(predictions / "003-0-a.seg", *(record(each) for each in range(300, 400)))
    compact(predictions)
    write(predictions / "004-0-a.seg", record(401))
    place = f"s3://{bucket}/backups"
    here = replace(source(urls[0], home), archive=archive)
    # when they are backed up to a bucket, and again after what was here has moved there, too,
    first = Repository(open_place(place, object_store.endpoint))
    make_backup(here, first, OPTIONS)
    again = Repository(open_place(place, object_store.endpoint))
    make_backup(here, again, OPTIONS)
    assert again.new_bytes < first.new_bytes / 2
    assert move.merge()
    moved = Repository(open_place(place, object_store.endpoint))
    make_backup(here, moved, OPTIONS)
    # and all of it is lost but the backups,
    object_store.filesystem().rm(f"{bucket}/records", recursive=True)
    shutil.rmtree(home)
    # then each backup brings every record back, each once.
    for number, backup in enumerate(moved.backups()):
        database = urls[1] if number == 0 or urls[1].startswith("sqlite") else None
        if database is None:
            continue  # that database is not empty any more
        new = tmp_path / f"new{number}"
        restore_backup(moved, backup.id, RestoreOptions(home=new, database=database, blobs="files"))
        ids = [each.id for each in all_of(new / "predictions")]
        assert sorted(ids) == sorted(f"p{each}" for each in (*range(100, 400), 401))


def test_the_backup_that_runs_meanwhile_is_not_restored_as_work_to_do(
    opened: Database, urls: tuple[str, str], tmp_path: Path
) -> None:
    loops = Loops(opened, LoopMetrics(tmp_path, 0), owner="test")
    with opened.transaction() as session:
        loops.add_work(session, QUEUE, "scheduled")
        loops.add_work(session, "mail", "n1")
    repository = Repository(open_place(str(tmp_path / "place")))
    make_backup(source(urls[0], tmp_path / "home"), repository, OPTIONS)
    restore_backup(repository, None, RestoreOptions(home=tmp_path / "new", database=urls[1], blobs="files"))
    restored: Database = load_backend("database", urls[1])(urls[1], tmp_path / "new")
    try:
        with restored.read() as session:
            assert list(session.scalars(select(WorkRow.loop))) == ["mail"]
    finally:
        restored.dispose()
