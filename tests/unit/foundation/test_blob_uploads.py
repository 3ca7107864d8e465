"""Uploads: good for their sender, for a day, and beside them what one may read."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.support.actors import actor
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.blob_uploads import GOOD_FOR, BlobUploadRow, BlobUploads
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base

ANA, BEN = actor(id="ana"), actor(id="ben")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


def test_an_upload_is_its_sender_s_alone(database: Database) -> None:
    uploads = BlobUploads(database)
    uploads.note(ANA, "a")
    uploads.note(ANA, "a")
    assert uploads.referable(ANA, ["a", "b", *map(str, range(1200))]) == {"a"}
    assert uploads.referable(BEN, ["a"]) == set()


def test_an_upload_is_good_for_a_day_and_then_forgotten(database: Database) -> None:
    uploads = BlobUploads(database)
    uploads.note(ANA, "a")
    with database.transaction() as session:
        session.execute(update(BlobUploadRow).values(at=now() - GOOD_FOR - timedelta(seconds=1)))
    assert uploads.referable(ANA, ["a"]) == set()
    uploads.prune()
    with database.read() as session:
        assert session.scalars(select(BlobUploadRow)).all() == []


def test_what_an_actor_may_read_is_referred_to_without_sending_it(database: Database) -> None:
    asked: list[list[str]] = []

    def find(session: Session, who: Actor, digests: Sequence[str]) -> set[str]:
        asked.append(list(digests))
        return {"b"} if who == BEN else set()

    uploads = BlobUploads(database)
    uploads.register(find)
    uploads.note(BEN, "a")
    assert uploads.referable(BEN, ["a", "b", "c"]) == {"a", "b"}
    assert uploads.referable(ANA, ["b"]) == set()
    assert asked == [["b", "c"], ["b"]]
