"""A home folder is verified without its server, and nothing is written there."""

import shutil
from pathlib import Path

import pytest

from tests.support.actors import actor
from tests.support.databases import write_migrated
from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.protocols.audit import AuditHead
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.events.chain import chain_head, close_chain
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.server.settings import read_settings
from unshelf.server.wiring.offline_audit import verify


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder whose server was killed: what it wrote last is in the log beside the database."""
    live, copy = tmp_path / "live", tmp_path / "copy"
    live.mkdir()
    write_migrated(live / "unshelf.db")
    database = SqliteDatabase("sqlite:///unshelf.db", live)
    for number in range(3):
        with database.transaction() as session:
            EventStore(database).record(session, actor(), "key.created", Subject(kind="key", name=f"k{number}"))
    close_chain(database)
    shutil.copytree(live, copy)
    database.dispose()
    return copy


def test_a_copy_is_verified_with_what_stood_in_the_log_beside_it(home: Path) -> None:
    before = (home / "unshelf.db").read_bytes()
    report = verify(read_settings(home=home), None, True)
    assert (report["closed_to"], report["faults"]) == (3, [])
    missing = verify(read_settings(home=home), AuditHead(sequence=9, hash="a" * 64, time=""), False)
    assert [fault["sequence"] for fault in missing["faults"]] == [9]
    assert (home / "unshelf.db").read_bytes() == before


def test_a_stopped_home_in_a_folder_that_can_not_be_written_is_verified(tmp_path: Path) -> None:
    write_migrated(tmp_path / "unshelf.db")
    database = SqliteDatabase("sqlite:///unshelf.db", tmp_path)
    head = chain_head(database)
    database.dispose()
    tmp_path.chmod(0o500)
    try:
        report = verify(read_settings(home=tmp_path), None, True)
    finally:
        tmp_path.chmod(0o700)
    assert (report["closed_to"], report["faults"]) == (head[0], [])


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnshelfError, match="There is no database"):
        verify(read_settings(home=tmp_path), None, True)
    (tmp_path / "unshelf.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(UnshelfError, match="can't be read"):
        verify(read_settings(home=tmp_path), None, True)
