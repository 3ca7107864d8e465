"""Holds on blobs: claimed when they are here, waited for while they are deleted, ended with their holder."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.foundation import garbage
from unshelf.foundation.blob_holds import BlobHolds, held_among, hold, let_go
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.runtime.blobs.files import FileBlobs

ANA = actor()
CONTENT = b"rows"
DIGEST = sha256(CONTENT).hexdigest()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


@pytest.fixture
def holds(database: Database, tmp_path: Path) -> BlobHolds:
    blobs = FileBlobs(tmp_path / "blobs")
    blobs.put(DIGEST, [CONTENT], limit=100)
    uploads = BlobUploads(database)
    uploads.note(ANA, DIGEST)
    return BlobHolds(database, blobs, uploads)


def test_a_blob_is_held_until_its_last_holder_lets_go(holds: BlobHolds, database: Database) -> None:
    for holder in ("dataset/a@1", "dataset/b@1"):
        with holds.claim(ANA, {DIGEST: 4}) as session:
            hold(session, {DIGEST: 4}, holder)
    with database.transaction() as session:
        let_go(session, "dataset/a@1")
        assert held_among(session, [DIGEST, "other"]) == {DIGEST}
        let_go(session, "dataset/b@1")
        assert held_among(session, [DIGEST]) == set()


def test_what_is_not_here_or_has_another_size_is_not_claimed(holds: BlobHolds, database: Database) -> None:
    with pytest.raises(Conflict, match="not here"), holds.claim(ANA, {DIGEST: 4, "0" * 64: 1}):
        raise AssertionError("claimed")
    with pytest.raises(InvalidInput, match="4 bytes, not 5"), holds.claim(ANA, {DIGEST: 5}):
        raise AssertionError("claimed")


def test_what_another_has_sent_is_not_claimed(holds: BlobHolds) -> None:
    with pytest.raises(Conflict, match="not here"), holds.claim(actor(id="k2"), {DIGEST: 4}):
        raise AssertionError("claimed")


def test_garbage_that_was_deleted_is_looked_for_again(holds: BlobHolds, database: Database) -> None:
    with database.transaction() as session:
        garbage.mark_deleting(session, "blob", [DIGEST])
        garbage.mark(session, "blob", [DIGEST], "deleted")
    with holds.claim(ANA, {DIGEST: 4}) as session:  # it came back since
        hold(session, {DIGEST: 4}, "dataset/a@1")
        assert garbage.states_of(session, "blob", [DIGEST]) == {}


def test_a_claim_that_fails_holds_nothing(holds: BlobHolds, database: Database) -> None:
    with pytest.raises(RuntimeError), holds.claim(ANA, {DIGEST: 4}) as session:
        hold(session, {DIGEST: 4}, "dataset/a@1")
        raise RuntimeError
    with database.read() as session:
        assert held_among(session, [DIGEST]) == set()
