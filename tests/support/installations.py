"""A small installation on the disk, without its processes: what a backup is made of."""

import hashlib
from pathlib import Path

from tests.support.archive import put_archived
from tests.support.databases import write_migrated
from tests.support.segments import record, write
from unshelf.contracts.home import Home
from unshelf.foundation.access.actors import SYSTEM
from unshelf.foundation.database.copies.sqlite_copy import SqliteCopier
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.manage.backups.making import BackupSource
from unshelf.records.archive.files import Archive
from unshelf.runtime.blobs.files import FileBlobs

DATABASE = "sqlite:///unshelf.db"


class SmallInstallation:
    """A home folder with an event, two blobs, records in Parquet and in a segment, a deferred request and its keys."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        folder.mkdir(parents=True)
        self.home.predictions.mkdir()
        self.home.run.mkdir()
        write_migrated(folder / "unshelf.db")
        self.note("first")
        self.blobs = FileBlobs(self.home.blobs)
        self.digests = [self.put_blob(b"a model"), self.put_blob(b"its lock")]
        put_archived(self.home.predictions, "20261101T000000000000001-0-aaaaaaaa", record(1))
        write(self.segment, record(2), record(3))
        for name, content in (
            ("deferred/requests/d1", b"waits"), ("deferred/answers/d2", b"kept"), ("environments/e1/pylock.toml", b"lock"),
            ("environments/e1/bin/python", b"large"), ("manifests/m1.json", b"{}"),
        ):  # fmt: skip
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.home.secrets_key.write_text("k1 key\n")
        self.home.admin_token.write_text("token\n")

    @property
    def segment(self) -> Path:
        return self.home.predictions / "20261101T000001000000001-0-bbbbbbbb.seg"

    def note(self, name: str) -> None:
        """Add an event to its database."""
        database = SqliteDatabase(DATABASE, self.home.folder)
        with database.transaction() as session:
            EventStore(database).record(session, SYSTEM, "test.noted", Subject(kind="test", name=name))
        database.dispose()

    def put_blob(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.blobs.put(digest, [content], limit=1 << 20)
        return digest

    def source(self) -> BackupSource:
        return source_of(self.home)


def source_of(home: Home) -> BackupSource:
    """What a backup is made of, of any home folder with SQLite and files."""
    return BackupSource(
        home=home, database=SqliteCopier(DATABASE, home.folder), blobs=FileBlobs(home.blobs),
        archive=Archive(home.predictions),
    )  # fmt: skip


def noted_in(folder: Path) -> list[str]:
    """The names that the events of a home folder's database have."""
    database = SqliteDatabase(DATABASE, folder)
    try:
        found = EventStore(database).newest(limit=100).items
        return sorted(event.subject.name for event in found if event.action == "test.noted")
    finally:
        database.dispose()
